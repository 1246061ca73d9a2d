"""A desk whose solved tickets can be learned: what they say goes with where they went."""

import random
from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

from flask import Flask

from jobs.parts import assistance as parts
from portal import clock
from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Comment, Priority, Tag, Ticket, TicketStatus, TicketTag
from portal.services.tickets import departments
from tests import factories

TARGETS = ["type", "department", "priority", "tags"]
ALL = [*TARGETS, "answers", "reply", "tone"]
_COMMON = """please could you help me with this since yesterday we have seen it again and our team
    cannot go on thank you hello dear support kind regards""".split()  # noqa: SIM905 - words


class Matter(NamedTuple):
    """Tickets of one kind: where they go, and what they are made of."""

    department: str
    type: str
    priority: Priority
    tags: tuple[str, ...]
    words: tuple[str, ...]


MATTERS = (
    Matter(
        "Billing",
        "request",
        Priority.LOW,
        ("invoice", "money"),
        ("invoice", "payment", "refund", "credit", "charged", "receipt", "subscription", "price"),
    ),
    Matter(
        "Network",
        "incident",
        Priority.HIGH,
        ("vpn", "outage"),
        ("vpn", "router", "connection", "timeout", "wireless", "packets", "gateway", "offline"),
    ),
    Matter(
        "Доставка",
        "problem",
        Priority.MEDIUM,
        ("посылка", "курьер"),
        ("посылка", "курьер", "доставка", "адрес", "склад", "трек", "задержка", "коробка"),
    ),
)


def text_of(matter: Matter, dice: random.Random) -> tuple[str, str]:
    """Subject and message."""
    words = dice.sample(matter.words, 5)
    said = [*words, *dice.sample(_COMMON, 10)]
    dice.shuffle(said)
    return " ".join(words[:3]).capitalize(), " ".join(said)


def fill(requester: Actor, number: int = 60) -> list[int]:
    """Ids of so many solved tickets, of each matter in turn. Inside a write unit."""
    departments.add_missing([matter.department for matter in MATTERS])
    tags = {name: Tag(name=name) for matter in MATTERS for name in matter.tags}
    db.session.add_all(tags.values())
    db.session.flush()
    made = list(_tickets(requester, number))
    for ticket, matter, message in made:
        db.session.add(
            Comment(
                ticket_id=ticket.id,
                author_id=requester.id,
                message=message,
                html=message,
                renderer_version=1,
                ticket_version=1,
            )
        )
        db.session.add_all(
            TicketTag(ticket_id=ticket.id, tag_id=tags[name].id) for name in matter.tags
        )
    db.session.flush()
    return [ticket.id for ticket, _matter, _message in made]


def _tickets(requester: Actor, number: int) -> Iterator[tuple[Ticket, Matter, str]]:
    dice, now = random.Random(1), clock.now()
    for _at, matter in zip(range(number), cycle(MATTERS), strict=False):
        subject, message = text_of(matter, dice)
        ticket = Ticket(
            organization_id=requester.organization_id,
            requester_id=requester.id,
            subject=subject,
            status=TicketStatus.SOLVED,
            type=matter.type,
            department=matter.department,
            priority=matter.priority,
            last_message_id=0,
            updated_at=now,
            solved_at=now,
        )
        db.session.add(ticket)
        db.session.flush()
        yield ticket, matter, message


def learn() -> None:
    """As the sweeps do it."""
    while parts.learn_tickets():
        pass
    parts.measure_suggestions()


def learned_desk(app: Flask, requester: Actor) -> list[int]:
    """Ids of sixty tickets that are learned and measured."""
    with factories.writing(app):
        ids = fill(requester)
    with app.app_context():
        learn()
    return ids
