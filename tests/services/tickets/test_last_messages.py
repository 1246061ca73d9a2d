"""Since when somebody waits, and what lists say of the last message."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import update

from jobs.parts import waiting
from portal import clock
from portal.extensions import begin_write, db
from portal.models.people import Actor, User
from portal.models.tickets import BulkAction, Comment, Ticket, TicketStatus
from portal.models.tickets.ticket import MAX_EXCERPT
from portal.queries.tickets import counts
from portal.services.tickets import bulk, comments, last_messages, tickets
from tests import factories
from tests.cast import Cast
from tests.factories import writing

FILED = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture
def ticket(context: AppContext, cast: Cast) -> Ticket:
    begin_write()
    with clock.at(FILED):
        return tickets.file(actor=cast.ann, subject="No hot water", message="Since *Monday*.")


def later(minutes: int) -> datetime:
    return FILED + timedelta(minutes=minutes)


def say(
    who: Actor,
    ticket: Ticket,
    minutes: int,
    *,
    internal: bool = False,
    status: TicketStatus | None = None,
) -> Comment:
    with clock.at(later(minutes)):
        return comments.post(
            actor=who, ticket=ticket, message=f"After {minutes}", internal=internal, status=status
        )


def to_answer(cast: Cast) -> int:
    db.session.flush()
    return counts.views(cast.sam).to_answer


def test_who_files_waits_and_a_second_message_does_not_start_the_clock_anew(
    ticket: Ticket, cast: Cast
) -> None:
    assert (ticket.waiting_since, to_answer(cast)) == (FILED, 1)
    say(cast.ann, ticket, 5)
    assert (ticket.waiting_since, to_answer(cast)) == (FILED, 1)


def test_an_answer_ends_the_wait_and_the_next_word_begins_another(
    ticket: Ticket, cast: Cast
) -> None:
    say(cast.sam, ticket, 5)
    assert (ticket.waiting_since, to_answer(cast)) == (None, 0)
    say(cast.ann, ticket, 9)
    assert (ticket.waiting_since, to_answer(cast)) == (later(9), 1)


def test_a_note_among_staff_is_no_answer_and_no_last_message(ticket: Ticket, cast: Cast) -> None:
    say(cast.sam, ticket, 5, internal=True)
    assert ticket.waiting_since == FILED
    assert ticket.last_message_excerpt == "Since Monday."


def test_staff_who_file_for_themselves_wait_like_everybody(context: AppContext, cast: Cast) -> None:
    begin_write()
    with clock.at(FILED):
        own = tickets.file(actor=cast.sam, subject="My screen", message="It flickers.")
    say(cast.sam, own, 5)
    assert own.waiting_since == FILED


def test_who_called_waits_though_staff_wrote_it_down(context: AppContext, cast: Cast) -> None:
    begin_write()
    for internal in (False, True):
        with clock.at(FILED):
            called = tickets.file_for(
                actor=cast.sam,
                requester=db.session.get_one(User, cast.ann.id),
                subject="No hot water",
                message="She called.",
                internal=internal,
            )
        assert called.waiting_since == FILED
    say(cast.sam, called, 5)
    assert called.waiting_since is None


@pytest.mark.parametrize("status", [TicketStatus.SOLVED, TicketStatus.CLOSED])
def test_nobody_waits_for_what_is_done(ticket: Ticket, cast: Cast, status: TicketStatus) -> None:
    tickets.set_status(actor=cast.sam, ticket=ticket, status=status)
    assert (ticket.waiting_since, to_answer(cast)) == (None, 0)


def test_who_waits_for_the_customer_is_not_to_be_answered(ticket: Ticket, cast: Cast) -> None:
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.PENDING)
    assert (ticket.waiting_since, to_answer(cast)) == (FILED, 0)


def test_what_is_reopened_waits_from_then(ticket: Ticket, cast: Cast) -> None:
    say(cast.sam, ticket, 5, status=TicketStatus.SOLVED)
    with clock.at(later(9)):
        tickets.set_status(actor=cast.ann, ticket=ticket, status=TicketStatus.OPEN)
    assert (ticket.waiting_since, to_answer(cast)) == (later(9), 1)


def test_undo_gives_back_the_wait_with_its_count(ticket: Ticket, cast: Cast) -> None:
    done = bulk.apply(
        actor=cast.sam, chosen=[ticket], action=BulkAction.STATUS, value=TicketStatus.SOLVED
    )
    assert to_answer(cast) == 0
    bulk.undo(actor=cast.sam, token=done.token)
    assert (ticket.waiting_since, to_answer(cast)) == (FILED, 1)


def test_the_trash_is_not_counted(ticket: Ticket, cast: Cast) -> None:
    tickets.delete(actor=cast.sam, ticket=ticket)
    assert to_answer(cast) == 0
    tickets.restore(actor=cast.sam, ticket=ticket)
    assert to_answer(cast) == 1


def test_the_last_message_is_known_with_its_writer(ticket: Ticket, cast: Cast) -> None:
    comment = say(cast.sam, ticket, 5)
    assert ticket.last_message_id == comment.id
    assert ticket.last_message_by_id == cast.sam.id
    assert ticket.last_message_excerpt == "After 5"


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Two</p>\n<p>lines<br />of <strong>it</strong>.</p>", "Two lines of it."),
        ("<p>a &lt; b &amp; c</p>", "a < b & c"),
        ("<ul>\n<li>one</li><li>two</li></ul>", "one two"),
        ("", ""),
        (f"<p>{'x' * 120}</p>", "x" * 120),
        (f"<p>{'word ' * 40}</p>", f"{'word ' * 23}word…"),
        (f"<p>{'<b>x</b>' * 1000}</p>", f"{'x' * 119}…"),
    ],
)
def test_an_excerpt_is_the_first_words_without_marks(html: str, words: str) -> None:
    assert last_messages.excerpt(html) == words
    assert len(words) <= MAX_EXCERPT


def test_what_an_older_version_wrote_is_filled_by_the_sweep(app: Flask, cast: Cast) -> None:
    with clock.at(FILED):
        kinds = {name: factories.file_ticket(app, cast.ann, name) for name in "abcd"}
    for minutes, who, name, columns in (
        (1, cast.sam, "b", {}),
        (2, cast.ann, "b", {}),
        (3, cast.ann, "b", {}),
        (4, cast.sam, "c", {}),
        (5, cast.sam, "d", {"internal": True}),
        (6, cast.ann, "d", {"status": TicketStatus.SOLVED}),
    ):
        with clock.at(later(minutes)):
            factories.post_comment(app, who, kinds[name], f"After {minutes}", **columns)
    columns = ("waiting_since", "last_message_id", "last_message_by_id", "last_message_excerpt")

    def state() -> list[tuple[object, ...]]:
        with app.app_context():
            rows = db.session.query(Ticket).order_by(Ticket.id)
            found = [tuple(getattr(row, name) for name in columns) for row in rows]
            return [*found, (counts.views(cast.sam).to_answer,)]

    before = state()
    assert [row[0] for row in before[:4]] == [FILED, later(2), None, None]
    assert before[4] == (2,)
    with writing(app):
        for ticket in db.session.query(Ticket):
            last_messages.set_waiting(ticket, None)
        db.session.execute(update(Ticket).values(dict.fromkeys(columns)))
    assert state()[4] == (0,)
    with app.app_context():
        assert not waiting.find_last_messages()
    assert state() == before


def test_a_ticket_without_public_words_is_filled_once(app: Flask, cast: Cast) -> None:
    with writing(app):
        tickets.file_for(
            actor=cast.sam,
            requester=db.session.get_one(User, cast.ann.id),
            subject="No hot water",
            message="She called.",
            internal=True,
        )
        db.session.execute(update(Ticket).values(last_message_id=None))
    with app.app_context():
        waiting.find_last_messages()
        assert db.session.query(Ticket.last_message_id).scalar() == 0
        assert last_messages.unfilled(2**62, 9, unsolved=False) == []
