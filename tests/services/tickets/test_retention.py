"""Tickets whose time is over are deleted with all that belongs to them, and nothing else is."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import func, select

from jobs.parts.retention import delete_old_tickets
from portal import clock
from portal.extensions import db
from portal.models.tickets import Attachment, Comment, Ticket, TicketEvent, TicketStatus
from portal.queries.tickets import counts
from portal.services.statistics import counting
from portal.services.tickets import tickets, uncounted
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

LATER = timedelta(days=31)


@pytest.fixture
def desk(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A closed ticket with a file, one in the trash, an open one, and a newest one."""
    monkeypatch.setitem(app.config, "TICKET_RETENTION", timedelta(days=30))
    monkeypatch.setitem(app.config, "TRASH_RETENTION", timedelta(days=30))
    closed = factories.file_ticket(app, cast.ann, "Closed")
    Visitor(app).sign_in(cast.ann).post(
        f"/tickets/{closed.number}/comments",
        {"message": "See this.", "attachments": (BytesIO(b"x"), "x.txt")},
    )
    trashed, _open, _newest = (
        factories.file_ticket(app, cast.ann, subject) for subject in ("Trash", "Open", "Newest")
    )
    with factories.writing(app):
        closing = db.session.get_one(Ticket, closed.id)
        tickets.set_status(actor=cast.sam, ticket=closing, status=TicketStatus.CLOSED)
        tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, trashed.id))
        newest = db.session.get_one(Ticket, _newest.id)
        tickets.set_subject(actor=cast.sam, ticket=newest, subject="Newest of all")
        db.session.flush()
        counting.count_some()
    return app


def left(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Ticket.subject).order_by(Ticket.id)))


def test_what_is_closed_or_in_the_trash_for_long_goes_with_all_that_belongs_to_it(
    desk: Flask, cast: Cast
):
    with desk.app_context(), clock.at(clock.now() + LATER):
        delete_old_tickets()
    assert left(desk) == ["Open", "Newest of all"]
    with desk.app_context():
        for model in (Attachment, Comment, TicketEvent):
            of_gone = select(func.count()).where(model.ticket_id.in_([1, 2]))
            assert db.session.scalar(of_gone) == 0
        assert counts.views(cast.sam).all == 2


def test_what_the_statistics_do_not_know_yet_stays_until_they_do(desk: Flask):
    with factories.writing(desk):
        uncounted.note(1)
    with desk.app_context(), clock.at(clock.now() + LATER):
        delete_old_tickets()
        assert left(desk) == ["Closed", "Open", "Newest of all"]
        with factories.writing(desk):
            counting.count_some()
        delete_old_tickets()
    assert left(desk) == ["Open", "Newest of all"]


def test_before_their_time_all_stay(desk: Flask):
    with desk.app_context(), clock.at(clock.now() + timedelta(days=29)):
        assert not delete_old_tickets()
    assert len(left(desk)) == 4


def test_nothing_goes_where_nothing_is_said(desk: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(desk.config, "TICKET_RETENTION", None)
    monkeypatch.setitem(desk.config, "TRASH_RETENTION", None)
    with desk.app_context(), clock.at(clock.now() + 100 * LATER):
        assert not delete_old_tickets()
    assert len(left(desk)) == 4


def test_the_ticket_of_the_newest_event_stays_for_the_log_of_actions(desk: Flask, cast: Cast):
    with factories.writing(desk):
        newest = db.session.get_one(Ticket, 4)
        tickets.set_status(actor=cast.sam, ticket=newest, status=TicketStatus.CLOSED)
        counting.count_some()
    with desk.app_context(), clock.at(clock.now() + LATER):
        delete_old_tickets()
    assert left(desk) == ["Open", "Newest of all"]
    with factories.writing(desk):
        tickets.set_subject(
            actor=cast.sam, ticket=db.session.get_one(Ticket, 3), subject="Open still"
        )
    with desk.app_context(), clock.at(clock.now() + 2 * LATER):
        delete_old_tickets()
    assert left(desk) == ["Open still"]
