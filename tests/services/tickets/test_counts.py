"""A unit locks the counts of tickets once, in one order: two units would wait for each other."""

from flask import Flask
from flask.ctx import AppContext

from portal.extensions import begin_write, db
from portal.models.tickets import TicketStatus
from portal.services.tickets import comments, tickets
from tests.cast import Cast
from tests.statements import statements


def times_counted(seen: list[str]) -> int:
    return sum(text.startswith("INSERT INTO ticket_counts") for text in seen)


def test_an_answer_that_ends_a_wait_and_sets_a_status_counts_once(
    app: Flask, context: AppContext, cast: Cast
):
    begin_write()
    ticket = tickets.file(actor=cast.ann, subject="No hot water", message="Since Monday.")
    for who, status in ((cast.sam, TicketStatus.PENDING), (cast.ann, None)):
        with statements(app) as seen:
            comments.post(actor=who, ticket=ticket, message="Hello", status=status)
            db.session.flush()
        assert times_counted(seen) == 1
