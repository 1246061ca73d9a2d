"""`flask seed-demo`: two hundred made-up tickets, the same ones each time but for their dates."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeVar

import click
from flask.cli import with_appcontext
from sqlalchemy import delete, func, select

from portal import clock, queueing
from portal.cli import demo_texts as texts
from portal.cli.demo_texts import Person, Topic
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.organizations import Organization
from portal.models.people import Actor, OrganizationRole, Role, User
from portal.models.tickets import Priority, Rating, Ticket, TicketStatus
from portal.services.tickets import comments, ratings, tickets

Row = TypeVar("Row", User, Organization)
Choice = TypeVar("Choice")

TICKETS = 200
_DAYS = 60
_PRIORITIES = {Priority.LOW: 3, Priority.MEDIUM: 9, Priority.HIGH: 4, Priority.URGENT: 1}
# How a ticket's story ends, and how often.
_ENDINGS = {
    TicketStatus.NEW: 3,
    TicketStatus.OPEN: 6,
    TicketStatus.PENDING: 4,
    TicketStatus.ON_HOLD: 2,
    TicketStatus.SOLVED: 9,
    TicketStatus.CLOSED: 6,
}


@click.command("seed-demo")
@with_appcontext
def seed_demo() -> None:
    """Fill a desk without tickets with about 200 made-up ones. Sends no mail."""
    if db.session.scalar(select(Ticket.id).limit(1)) is not None:
        raise click.ClickException(
            "there are tickets already: the demonstration is for empty desks"
        )
    with click.progressbar(seed(), length=TICKETS, label="Tickets") as steps:
        for _ in steps:
            pass


def seed() -> Iterator[int]:
    """Write the demonstration in one transaction; yields after each ticket."""
    begin_write()
    last_mail = db.session.scalar(select(func.max(Outbox.id))) or 0
    # Not for secrets: the same tickets each time.
    dice = random.Random(20)  # noqa: S311
    customers, staff = _people()
    start = clock.now() - timedelta(days=_DAYS)
    # Dense towards the end, as a desk's list is: most tickets are young.
    ages = sorted(dice.random() ** 0.6 for _ in range(TICKETS))
    for number, age in enumerate(ages):
        # The last moments are left free for what happens to the youngest ticket.
        filed_at = start + timedelta(days=_DAYS * age * 0.995)
        _Story(dice, dice.choice(customers), staff, filed_at).tell()
        yield number
    # Nobody asked for these mails, and their recipients do not exist.
    db.session.execute(delete(Outbox).where(Outbox.id > last_mail))
    queueing.forget(db.session())
    db.session.commit()


class _Story:
    """One ticket from its filing to how it stands today."""

    def __init__(
        self, dice: random.Random, requester: Actor, staff: list[User], filed_at: datetime
    ) -> None:
        self._dice = dice
        self._requester = requester
        self._agent = dice.choice(staff)
        self._colleague = dice.choice(staff)
        self._moment = filed_at
        locale = requester.locale
        self._topic = dice.choice(texts.RUSSIAN if locale == "ru" else texts.ENGLISH)
        self._words = {
            "order": dice.choice(texts.ORDERS),
            "city": dice.choice(texts.CITIES[locale]),
            "room": dice.choice(texts.ROOMS[locale]),
        }

    def tell(self) -> None:
        dice, topic = self._dice, self._topic
        ending = _weighted(dice, _ENDINGS)
        with clock.at(self._moment):
            ticket = tickets.file(
                actor=self._requester,
                subject=self._filled(topic.subject),
                message=self._filled(topic.message),
                priority=_weighted(dice, _PRIORITIES),
            )
        self._triage(ticket, topic, ending)
        if ending != TicketStatus.NEW:
            self._converse(ticket, topic, ending)

    def _triage(self, ticket: Ticket, topic: Topic, ending: TicketStatus) -> None:
        with clock.at(self._later(10, 120)):
            if ending != TicketStatus.NEW or self._dice.random() < 0.3:
                tickets.assign(actor=self._agent.actor, ticket=ticket, assignee=self._agent)
            if self._dice.random() < 0.7:
                tickets.set_tags(actor=self._agent.actor, ticket=ticket, names=list(topic.tags))

    def _converse(self, ticket: Ticket, topic: Topic, ending: TicketStatus) -> None:
        agent = self._agent.actor
        if self._dice.random() < 0.4:
            self._say(ticket, self._colleague.actor, topic.note, internal=True)
        status = ending if ending in {TicketStatus.PENDING, TicketStatus.ON_HOLD} else None
        if ending != TicketStatus.OPEN or self._dice.random() < 0.6:
            self._say(ticket, agent, topic.answer, status=status)
        if ending in {TicketStatus.SOLVED, TicketStatus.CLOSED}:
            if self._dice.random() < 0.8:
                self._say(ticket, self._requester, topic.thanks)
            self._turn(ticket, agent, TicketStatus.SOLVED)
        elif ending == TicketStatus.OPEN and self._dice.random() < 0.4:
            self._say(ticket, self._requester, topic.thanks)
            self._turn(ticket, agent, TicketStatus.OPEN)
        if ending == TicketStatus.CLOSED:
            self._turn(ticket, agent, TicketStatus.CLOSED)
        if ticket.is_done and self._dice.random() < 0.5:
            self._rate(ticket)

    def _say(
        self,
        ticket: Ticket,
        author: Actor,
        text: str,
        *,
        internal: bool = False,
        status: TicketStatus | None = None,
    ) -> None:
        with clock.at(self._later(5, 300)):
            comments.post(
                actor=author,
                ticket=ticket,
                message=self._filled(text),
                internal=internal,
                status=status,
            )

    def _turn(self, ticket: Ticket, actor: Actor, status: TicketStatus) -> None:
        with clock.at(self._later(1, 600)):
            tickets.set_status(actor=actor, ticket=ticket, status=status)

    def _rate(self, ticket: Ticket) -> None:
        good = self._dice.random() < 0.85
        words = (texts.RATED_GOOD if good else texts.RATED_BAD)[self._requester.locale]
        with clock.at(self._later(30, 900)):
            ratings.rate(
                actor=self._requester,
                ticket=ticket,
                rating=Rating.GOOD if good else Rating.BAD,
                comment=self._dice.choice(words),
            )

    def _later(self, least: int, most: int) -> datetime:
        """The next moment of the story, minutes later, and never in the future."""
        left = clock.now() - self._moment
        pause = timedelta(minutes=self._dice.randint(least, most))
        self._moment += min(pause, left / 2)
        return self._moment

    def _filled(self, text: str) -> str:
        return text.format(**self._words)


def _people() -> tuple[list[Actor], list[User]]:
    """Everybody of the demonstration, without passwords, and who is there already."""
    companies = [_organization(name) for name in texts.COMPANIES]
    customers = [_user(person, companies, Role.CUSTOMER) for person in texts.CUSTOMERS]
    for person in texts.COLLEAGUES:
        _user(person, companies, Role.STAFF)
    known = set(customers)
    others = db.session.scalars(select(User).order_by(User.id)).all()
    customers += [user for user in others if user.role == Role.CUSTOMER and user not in known]
    filing = [user.actor for user in customers if user.organization_role != OrganizationRole.VIEWER]
    return filing, [user for user in others if user.is_assignable]


def _organization(name: str) -> Organization:
    """The organization of that name: the demo's customer may have brought it already."""
    found = db.session.scalar(select(Organization).where(Organization.name == name).limit(1))
    return found or _added(Organization(name=name, personal=False))


def _user(person: Person, companies: list[Organization], role: Role) -> User:
    name = f"{person.first_name} {person.last_name}"
    home = (
        _added(Organization(name=name, personal=True))
        if person.company is None
        else companies[person.company]
    )
    return _added(
        User(
            email=person.email,
            first_name=person.first_name,
            last_name=person.last_name,
            role=role,
            organization_id=home.id,
            organization_role=person.place,
            is_active=True,
            is_verified=True,
            epoch=0,
            locale=person.locale,
            timezone=person.timezone,
        )
    )


def _added(row: Row) -> Row:
    db.session.add(row)
    db.session.flush()
    return row


def _weighted(dice: random.Random, weights: dict[Choice, int]) -> Choice:
    return dice.choices(list(weights), list(weights.values()))[0]
