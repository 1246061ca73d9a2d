"""`flask seed-demo`: a believable desk, the same each time, that writes to nobody."""

from collections import Counter
from datetime import timedelta

import pytest
from flask import Flask

from portal import clock
from portal.cli import demo_texts
from portal.cli.demo import TICKETS, seed_demo
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import Role, User
from portal.models.tickets import (
    Comment,
    Priority,
    Rating,
    Ticket,
    TicketCount,
    TicketEvent,
    TicketStatus,
    TicketTag,
)
from portal.queueing import connect
from tests import factories
from tests.cast import Cast
from tests.waiting import PATIENCE


@pytest.fixture
def seeded(app: Flask, cast: Cast, queue_url: str) -> Flask:
    result = app.test_cli_runner().invoke(seed_demo)
    assert result.exit_code == 0, result.output
    return app


# Its services are tested on both, and `make run` fills SQLite.
@pytest.mark.databases("sqlite")
def test_a_demonstration_is_believable(seeded: Flask, queue_url: str) -> None:
    with seeded.app_context():
        tickets = db.session.scalars(db.select(Ticket).order_by(Ticket.id)).all()
        assert len(tickets) == TICKETS
        assert {ticket.status for ticket in tickets} == set(TicketStatus)
        assert {ticket.priority for ticket in tickets} == set(Priority)
        assert {ticket.language for ticket in tickets} == {"en", "ru"}
        assert None in {ticket.assignee_id for ticket in tickets}
        assert len({ticket.assignee_id for ticket in tickets}) > 4
        assert len({ticket.organization_id for ticket in tickets}) > 5
        assert db.session.query(TicketTag).count() > TICKETS
        assert {ticket.rating for ticket in tickets} == {None, *Rating}
        assert {c.internal for c in db.session.query(Comment)} == {True, False}

    # Nobody is written to.
    with seeded.app_context():
        assert db.session.query(Outbox).count() == 0
    with connect(queue_url, timeout=PATIENCE) as connection:
        assert connection.keys("rq:*") == []

    # Its people cannot be signed in as.
    with seeded.app_context():
        invented = db.session.query(User).filter(User.email.like("%.example")).all()
        assert len(invented) == len(demo_texts.CUSTOMERS) + len(demo_texts.COLLEAGUES)
        assert {user.password_hash for user in invented} == {None}
        assert Role.ADMIN not in {user.role for user in invented}

    # Its history is one that could have happened.
    with seeded.app_context():
        now = clock.now()
        for ticket in tickets:
            assert now - timedelta(days=61) < ticket.created_at <= ticket.updated_at <= now
            assert (ticket.solved_at is not None) == ticket.is_done
        assert [t.created_at for t in tickets] == sorted(t.created_at for t in tickets)
        for kind in (Comment, TicketEvent):
            rows = db.session.query(kind).order_by(kind.ticket_id, kind.id).all()
            moments = [(row.ticket_id, row.created_at) for row in rows]
            assert moments == sorted(moments)

    # The kept counts are what counting gives.
    with seeded.app_context():
        kept = Counter({row.status: 0 for row in db.session.query(TicketCount)})
        for row in db.session.query(TicketCount):
            kept[row.status] += row.tickets
        assert kept == Counter(ticket.status for ticket in tickets)


def test_a_desk_with_tickets_is_left_alone(app: Flask, cast: Cast) -> None:
    factories.file_ticket(app, cast.ann)
    result = app.test_cli_runner().invoke(seed_demo)
    assert result.exit_code == 1
    assert (
        result.output == "Error: there are tickets already: the demonstration is for empty desks\n"
    )


def test_every_text_can_be_filled_in() -> None:
    words = {"order": "A-1", "city": "Leeds", "room": "room 1"}
    for topic in demo_texts.ENGLISH + demo_texts.RUSSIAN:
        for text in (topic.subject, topic.message, topic.answer, topic.thanks, topic.note):
            assert "{" not in text.format(**words)
