"""`flask seed-demo`: 200 made-up tickets, the same ones each time but for their dates."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import click
from flask.cli import with_appcontext
from sqlalchemy import delete, func, select

from portal import clock, queueing
from portal.cli import demo_texts as texts
from portal.cli.demo_story import Story
from portal.cli.demo_texts import Person
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.organizations import Organization
from portal.models.people import Actor, OrganizationRole, Role, User
from portal.models.tickets import Ticket

Row = TypeVar("Row", User, Organization)

TICKETS = 200
_DAYS = 60


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
    """Write the demonstration in one transaction. Yields after each ticket."""
    begin_write()
    last_mail = db.session.scalar(select(func.max(Outbox.id))) or 0
    # Not for secrets: the same tickets each time.
    dice = random.Random(20)  # noqa: S311
    customers, staff = _people()
    start = clock.now() - timedelta(days=_DAYS)
    # Denser towards the end: most tickets of a desk are young.
    ages = sorted(dice.random() ** 0.6 for _ in range(TICKETS))
    for number, age in enumerate(ages):
        # Leaves time for the steps of the youngest ticket.
        filed_at = start + timedelta(days=_DAYS * age * 0.995)
        Story(dice, dice.choice(customers), staff, filed_at).tell()
        yield number
    # The recipients of these mails do not exist.
    db.session.execute(delete(Outbox).where(Outbox.id > last_mail))
    queueing.discard_held(db.session())
    db.session.commit()


def _people() -> tuple[list[Actor], list[User]]:
    """(customers who may file, staff): made-up ones, and those who exist already."""
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
    """The organization of that name, which may exist already."""
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
