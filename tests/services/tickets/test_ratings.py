"""Rating: by whom, of what, and what becomes of it."""

import pytest
from flask.ctx import AppContext
from sqlalchemy import func, select

from portal.errors import Forbidden, Invalid, NotSolved
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import Actor
from portal.models.tickets import BulkAction, Rating, Ticket, TicketCount, TicketEvent, TicketStatus
from portal.services.tickets import bulk, ratings, tickets
from tests.cast import Cast


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


def filed(actor: Actor, status: TicketStatus = TicketStatus.SOLVED) -> Ticket:
    ticket = tickets.file(actor=actor, subject="No hot water", message="Since Monday.")
    tickets.set_status(actor=actor, ticket=ticket, status=status)
    db.session.flush()
    return ticket


def history(ticket: Ticket) -> list[tuple[str, dict[str, object]]]:
    rows = db.session.scalars(
        select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.id)
    )
    return [(row.kind, row.data) for row in rows]


@pytest.mark.parametrize("status", [TicketStatus.SOLVED, TicketStatus.CLOSED])
def test_the_requester_rates_what_is_done(desk: Cast, status: TicketStatus):
    ticket = filed(desk.bob, status)
    assert ratings.rate(actor=desk.bob, ticket=ticket, rating=Rating.GOOD, comment="Quick.")
    assert (ticket.rating, ticket.rating_comment, ticket.status) == ("good", "Quick.", status)
    assert ticket.rated_at == ticket.updated_at
    assert ticket.version == 3
    assert history(ticket)[-1] == ("rated", {"from": None, "to": "good", "comment": "Quick."})


def test_rating_again_replaces_and_the_history_keeps_both(desk: Cast):
    ticket = filed(desk.bob)
    ratings.rate(actor=desk.bob, ticket=ticket, rating=Rating.GOOD, comment="Quick.")
    assert ratings.rate(actor=desk.bob, ticket=ticket, rating=Rating.BAD)
    assert (ticket.rating, ticket.rating_comment) == ("bad", None)
    assert [data for kind, data in history(ticket) if kind == "rated"] == [
        {"from": None, "to": "good", "comment": "Quick."},
        {"from": "good", "to": "bad", "comment": ""},
    ]


@pytest.mark.parametrize("comment", ["", "Quick."])
def test_saying_the_same_again_changes_nothing(desk: Cast, comment: str):
    ticket = filed(desk.bob)
    ratings.rate(actor=desk.bob, ticket=ticket, rating=Rating.GOOD, comment=comment)
    before = (ticket.version, ticket.rated_at, len(history(ticket)))
    assert not ratings.rate(actor=desk.bob, ticket=ticket, rating=Rating.GOOD, comment=comment)
    assert (ticket.version, ticket.rated_at, len(history(ticket))) == before


def test_nobody_else_rates(desk: Cast):
    ticket = filed(desk.bob)
    for other in (desk.ann, desk.carl, desk.sam, desk.ada):
        with pytest.raises(Forbidden):
            ratings.rate(actor=other, ticket=ticket, rating=Rating.GOOD)
    assert ticket.rating is None


def test_staff_rate_what_they_have_filed_themselves(desk: Cast):
    assert ratings.rate(actor=desk.sam, ticket=filed(desk.sam), rating=Rating.BAD)


@pytest.mark.parametrize("status", ["new", "open", "pending", "on_hold"])
def test_what_is_not_solved_is_not_rated(desk: Cast, status: str):
    ticket = filed(desk.bob)
    if ticket.status != status:
        tickets.set_status(actor=desk.sam, ticket=ticket, status=TicketStatus(status))
    with pytest.raises(NotSolved):
        ratings.rate(actor=desk.bob, ticket=ticket, rating=Rating.GOOD)
    with pytest.raises(Forbidden):  # others do not even learn that
        ratings.rate(actor=desk.ann, ticket=ticket, rating=Rating.GOOD)


def test_a_comment_has_a_limit(desk: Cast):
    ticket = filed(desk.bob)
    with pytest.raises(Invalid) as problem:
        ratings.rate(actor=desk.bob, ticket=ticket, rating=Rating.BAD, comment="x" * 1001)
    assert problem.value.details == {"comment": "too_long"}
    assert ratings.rate(actor=desk.bob, ticket=ticket, rating=Rating.BAD, comment="x" * 1000)


def test_reopening_forgets_nothing(desk: Cast):
    ticket = filed(desk.bob)
    ratings.rate(actor=desk.bob, ticket=ticket, rating=Rating.BAD, comment="Cold again.")
    tickets.set_status(actor=desk.bob, ticket=ticket, status=TicketStatus.OPEN)
    assert (ticket.rating, ticket.rating_comment) == ("bad", "Cold again.")


def test_nobody_is_written_to_and_nothing_is_counted_anew(desk: Cast):
    ticket = filed(desk.bob)

    def numbers() -> tuple[int, list[tuple[str, int]]]:
        mails = db.session.scalar(select(func.count()).select_from(Outbox)) or 0
        cells = db.session.execute(select(TicketCount.status, TicketCount.tickets))
        return mails, sorted(tuple(cell) for cell in cells)

    before = numbers()
    ratings.rate(actor=desk.bob, ticket=ticket, rating=Rating.BAD, comment="Cold again.")
    assert numbers() == before


def test_taking_a_bulk_action_back_leaves_ratings_as_they_are(desk: Cast):
    rated, other = filed(desk.bob), filed(desk.bob)
    ratings.rate(actor=desk.bob, ticket=rated, rating=Rating.GOOD)
    done = bulk.apply(
        actor=desk.sam, chosen=[rated, other], action=BulkAction.STATUS, value=TicketStatus.OPEN
    )
    assert bulk.undo(actor=desk.sam, token=done.token).undone == 2
    assert (rated.status, rated.rating, other.rating) == ("solved", "good", None)
