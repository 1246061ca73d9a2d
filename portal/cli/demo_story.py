"""One made-up ticket of the demonstration, from its filing to its present status."""

import random
from datetime import datetime, timedelta
from typing import TypeVar

from portal import clock
from portal.cli import demo_texts as texts
from portal.cli.demo_texts import Topic
from portal.models.people import Actor, User
from portal.models.tickets import Priority, Rating, Ticket, TicketStatus
from portal.services.tickets import comments, ratings, tickets

Choice = TypeVar("Choice")

_PRIORITIES = {Priority.LOW: 3, Priority.MEDIUM: 9, Priority.HIGH: 4, Priority.URGENT: 1}
# The status that a ticket has at last, and how often.
_ENDINGS = {
    TicketStatus.NEW: 3,
    TicketStatus.OPEN: 6,
    TicketStatus.PENDING: 4,
    TicketStatus.ON_HOLD: 2,
    TicketStatus.SOLVED: 9,
    TicketStatus.CLOSED: 6,
}


class Story:
    """Writes one ticket through the services, each step at its own time."""

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
        """File the ticket and let it go through its steps."""
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
        """The time of the next step: minutes later, never in the future."""
        left = clock.now() - self._moment
        pause = timedelta(minutes=self._dice.randint(least, most))
        self._moment += min(pause, left / 2)
        return self._moment

    def _filled(self, text: str) -> str:
        return text.format(**self._words)


def _weighted(dice: random.Random, weights: dict[Choice, int]) -> Choice:
    return dice.choices(list(weights), list(weights.values()))[0]
