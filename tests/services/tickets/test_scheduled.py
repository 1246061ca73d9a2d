from collections.abc import Sequence
from datetime import timedelta

import pytest
import time_machine
from flask.ctx import AppContext
from sqlalchemy import func, select

from portal import clock
from portal.errors import AlreadySent, Forbidden, Invalid, NotFound, Stale, TicketClosed
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import Actor, Role, User
from portal.models.tickets import (
    Attachment,
    Comment,
    Draft,
    ReasonReturned,
    ScheduledComment,
    ScheduledState,
    Ticket,
    TicketEvent,
    TicketStatus,
    UnsentAttachment,
)
from portal.queries.tickets import scheduled as queries
from portal.services.tickets import comments, drafts, scheduled, tickets, unsent
from portal.services.tickets.attachments import Upload
from portal.services.tickets.drafts import DraftText
from tests.cast import Cast

TEXT = "It will be warm tomorrow."
PLAN = Upload("a" * 32, "plan.txt", "text/plain", 4, "0" * 64)
DELAY = timedelta(seconds=15)


@pytest.fixture
def ticket(context: AppContext, cast: Cast) -> Ticket:
    begin_write()
    filed = tickets.file(actor=cast.ann, subject="No hot water", message="Since Monday.")
    db.session.flush()
    return filed


def hold(
    actor: Actor,
    ticket: Ticket,
    wait: timedelta = DELAY,
    *,
    later: bool = False,
    uploads: Sequence[Upload] = (),
    status: TicketStatus | None = None,
) -> ScheduledComment:
    return scheduled.schedule(
        actor=actor,
        ticket=ticket,
        message=TEXT,
        due_at=clock.now() + wait,
        later=later,
        uploads=uploads,
        status=status,
    )


def rows() -> list[int]:
    """How much there is of what an answer leaves behind."""
    tables = (Comment, TicketEvent, Outbox, Attachment)
    return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def state(ticket: Ticket) -> tuple[object, ...]:
    db.session.refresh(ticket)
    return (ticket.status, ticket.version, ticket.updated_at, ticket.first_response_at)


def leave(row: ScheduledComment, after: timedelta = DELAY) -> None:
    db.session.flush()
    with time_machine.travel(row.due_at + after - DELAY, tick=False):
        scheduled.send(row.id)
    db.session.flush()


def test_until_it_leaves_the_ticket_is_as_it_was(ticket: Ticket, cast: Cast):
    before = (rows(), state(ticket))
    row = hold(cast.sam, ticket, uploads=[PLAN], status=TicketStatus.SOLVED)
    assert (rows(), state(ticket)) == before
    assert queries.of_ticket(cast.ann, ticket.id) == ()
    assert [one.message for one in queries.of_ticket(cast.sue, ticket.id)] == [TEXT]
    scheduled.send(row.id)
    assert (rows(), state(ticket)) == before


def test_it_leaves_as_if_it_were_written_then(ticket: Ticket, cast: Cast):
    row = hold(cast.sam, ticket, uploads=[PLAN], status=TicketStatus.SOLVED)
    leave(row)
    comment = db.session.scalars(select(Comment).order_by(Comment.id.desc())).first()
    assert comment is not None
    assert (comment.message, comment.author_id, comment.internal) == (TEXT, cast.sam.id, False)
    assert comment.created_at == row.due_at == ticket.first_response_at
    assert ticket.status == TicketStatus.SOLVED
    assert [file.storage_key for file in db.session.scalars(select(Attachment))] == [PLAN.key]
    assert db.session.scalars(select(UnsentAttachment)).all() == []
    mails = db.session.scalars(select(Outbox).where(Outbox.template == "reply")).all()
    assert [(mail.recipient, mail.data) for mail in mails] == [(cast.ann.email, {"solved": True})]


def test_it_leaves_once(ticket: Ticket, cast: Cast):
    row = hold(cast.sam, ticket)
    leave(row)
    after = rows()
    scheduled.send(row.id)
    assert rows() == after
    with pytest.raises(AlreadySent):
        scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id)


def test_taken_back_it_never_leaves(ticket: Ticket, cast: Cast):
    before = (rows(), state(ticket))
    row = hold(cast.sam, ticket, uploads=[PLAN], status=TicketStatus.SOLVED)
    scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id)
    leave(row)
    assert (rows(), state(ticket)) == before
    draft = db.session.scalars(select(Draft)).one()
    assert (draft.message, draft.internal, draft.user_id) == (TEXT, False, cast.sam.id)
    with pytest.raises(AlreadySent):
        scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id)


def test_it_can_be_taken_back_as_long_as_it_has_not_left(ticket: Ticket, cast: Cast):
    """Whatever the clocks say: the row decides."""
    row = hold(cast.sam, ticket)
    with time_machine.travel(row.due_at + timedelta(minutes=5)):
        scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id)
    assert db.session.get(ScheduledComment, row.id) is None


def test_its_files_come_back_and_go_with_the_next_answer(ticket: Ticket, cast: Cast):
    row = hold(cast.sam, ticket, uploads=[PLAN])
    scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id)
    db.session.flush()
    [file] = queries.files(cast.sam, ticket.id)
    assert (file.filename, file.scheduled_comment_id) == ("plan.txt", None)
    assert queries.files(cast.sue, ticket.id) == []
    with pytest.raises(Invalid):
        unsent.take_files(actor=cast.sue, ticket=ticket, ids=[file.id])
    assert unsent.take_files(actor=cast.sam, ticket=ticket, ids=[file.id]) == [PLAN]
    assert queries.files(cast.sam, ticket.id) == []


def test_files_that_are_not_wanted_any_more_are_forgotten(ticket: Ticket, cast: Cast):
    row = hold(cast.sam, ticket, uploads=[PLAN])
    scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id)
    assert unsent.take_files(actor=cast.sam, ticket=ticket, ids=[]) == []
    assert db.session.scalars(select(UnsentAttachment)).all() == []


@pytest.mark.parametrize("internal", [False, True])
def test_what_was_begun_meanwhile_is_kept_beside_it(ticket: Ticket, cast: Cast, internal: bool):
    row = hold(cast.sam, ticket)
    begun = DraftText("Something else", internal=internal)
    drafts.save(actor=cast.sam, ticket=ticket, text=DraftText("Older"), seen_version=0)
    scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id, written=begun)
    draft = db.session.scalars(select(Draft)).one()
    assert (draft.message, draft.internal) == (TEXT, False)
    assert (draft.replaced, draft.replaced_internal) == ("Something else", internal)


def test_a_note_that_stood_beside_stays_a_note(ticket: Ticket, cast: Cast):
    drafts.save(
        actor=cast.sam, ticket=ticket, text=DraftText("Secret", internal=True), seen_version=0
    )
    drafts.save(actor=cast.sam, ticket=ticket, text=DraftText("Open"), seen_version=9)
    row = hold(cast.sam, ticket)
    scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id)
    draft = db.session.scalars(select(Draft)).one()
    assert (draft.message, draft.internal) == (TEXT, False)
    assert (draft.replaced, draft.replaced_internal) == ("Open\n\nSecret", True)


def test_nobody_else_takes_it_back(ticket: Ticket, cast: Cast):
    row = hold(cast.sam, ticket)
    for actor in (cast.sue, cast.ann):
        with pytest.raises(Forbidden):
            scheduled.take_back(actor=actor, ticket=ticket, scheduled_id=row.id)
        with pytest.raises(Forbidden):
            scheduled.cancel(actor=actor, ticket=ticket, scheduled_id=row.id)
        with pytest.raises(Forbidden):
            scheduled.throw_away(actor=actor, ticket=ticket, scheduled_id=row.id)


def test_an_id_of_another_ticket_is_none(ticket: Ticket, cast: Cast):
    other = tickets.file(actor=cast.ann, subject="No light", message="Since Tuesday.")
    row = hold(cast.sam, other)
    with pytest.raises(NotFound):
        scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id)


def test_customers_schedule_nothing(ticket: Ticket, cast: Cast):
    with pytest.raises(Forbidden):
        hold(cast.ann, ticket)


@pytest.mark.parametrize("wait", [timedelta(seconds=-1), timedelta(days=400)])
def test_later_is_ahead_and_within_a_year(ticket: Ticket, cast: Cast, wait: timedelta):
    with pytest.raises(Invalid) as refused:
        hold(cast.sam, ticket, wait, later=True)
    assert refused.value.details == {"send_at": "not_ahead"}


def test_who_has_not_seen_that_a_colleague_answers_is_shown_it(ticket: Ticket, cast: Cast):
    row = hold(cast.sam, ticket)
    scheduled.require_none_newer(actor=cast.sam, ticket=ticket, seen_id=0, since=1)
    scheduled.require_none_newer(actor=cast.sue, ticket=ticket, seen_id=row.id, since=1)
    with pytest.raises(Stale):
        scheduled.require_none_newer(actor=cast.sue, ticket=ticket, seen_id=0, since=1)


def test_what_is_for_later_is_returned_when_the_customer_writes_first(ticket: Ticket, cast: Cast):
    at_once, later = hold(cast.sam, ticket), hold(cast.sam, ticket, later=True)
    comments.post(actor=cast.sue, ticket=ticket, message="I look after it.")
    db.session.refresh(later)
    assert later.state == ScheduledState.WAITING
    comments.post(actor=cast.ann, ticket=ticket, message="It is warm again.")
    db.session.refresh(at_once)
    db.session.refresh(later)
    assert at_once.state == ScheduledState.WAITING
    assert (later.state, later.reason) == (ScheduledState.RETURNED, ReasonReturned.CUSTOMER_WROTE)
    before = rows()
    leave(later)
    assert rows() == before


def test_a_colleague_stops_what_is_for_later_and_its_author_goes_on(ticket: Ticket, cast: Cast):
    row = hold(cast.sam, ticket, later=True)
    scheduled.cancel(actor=cast.sue, ticket=ticket, scheduled_id=row.id)
    db.session.refresh(row)
    assert (row.state, row.reason) == (ScheduledState.RETURNED, ReasonReturned.CANCELLED)
    with pytest.raises(AlreadySent):
        scheduled.cancel(actor=cast.sue, ticket=ticket, scheduled_id=row.id)
    scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id)
    assert db.session.scalars(select(Draft)).one().message == TEXT


def closed(ticket: Ticket, cast: Cast) -> None:
    tickets.set_status(actor=cast.sue, ticket=ticket, status=TicketStatus.CLOSED)


def trashed(ticket: Ticket, cast: Cast) -> None:
    tickets.delete(actor=cast.sue, ticket=ticket)


def disabled(_ticket: Ticket, cast: Cast) -> None:
    db.session.get_one(User, cast.sam.id).is_active = False


def demoted(_ticket: Ticket, cast: Cast) -> None:
    db.session.get_one(User, cast.sam.id).role = Role.CUSTOMER


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (closed, ReasonReturned.TICKET_CLOSED),
        (trashed, ReasonReturned.TRASHED),
        (disabled, ReasonReturned.AUTHOR_LEFT),
        (demoted, ReasonReturned.AUTHOR_LEFT),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_cannot_leave_any_more_is_returned(
    ticket: Ticket, cast: Cast, happens: object, reason: ReasonReturned
):
    row = hold(cast.sam, ticket)
    assert callable(happens)
    happens(ticket, cast)
    db.session.flush()
    before = rows()
    leave(row)
    db.session.refresh(row)
    assert (row.state, row.reason, rows()) == (ScheduledState.RETURNED, reason, before)


def test_nothing_is_scheduled_on_a_closed_ticket(ticket: Ticket, cast: Cast):
    closed(ticket, cast)
    with pytest.raises(TicketClosed):
        hold(cast.sam, ticket)


def test_what_was_returned_is_thrown_away_and_what_waits_is_not(ticket: Ticket, cast: Cast):
    row = hold(cast.sam, ticket, later=True)
    with pytest.raises(Forbidden):
        scheduled.throw_away(actor=cast.sam, ticket=ticket, scheduled_id=row.id)
    scheduled.cancel(actor=cast.sue, ticket=ticket, scheduled_id=row.id)
    db.session.refresh(row)
    scheduled.throw_away(actor=cast.sue, ticket=ticket, scheduled_id=row.id)
    assert db.session.scalars(select(ScheduledComment)).all() == []


def test_returned_answers_and_files_go_after_months(ticket: Ticket, cast: Cast):
    returned = hold(cast.sam, ticket, later=True)
    waiting = hold(cast.sam, ticket, timedelta(days=200), later=True, uploads=[PLAN])
    taken = hold(cast.sue, ticket, uploads=[PLAN_B])
    db.session.flush()
    scheduled.cancel(actor=cast.sue, ticket=ticket, scheduled_id=returned.id)
    scheduled.take_back(actor=cast.sue, ticket=ticket, scheduled_id=taken.id)
    unsent.delete_old(10)
    assert len(db.session.scalars(select(UnsentAttachment)).all()) == 2
    with time_machine.travel(clock.now() + unsent.KEPT + timedelta(days=1)):
        unsent.delete_old(10)
    assert list(db.session.scalars(select(ScheduledComment.id))) == [waiting.id]
    files = select(UnsentAttachment.storage_key)
    assert list(db.session.scalars(files)) == [PLAN.key]


PLAN_B = Upload("b" * 32, "plan.txt", "text/plain", 4, "0" * 64)


def test_no_id_is_given_twice(ticket: Ticket, cast: Cast):
    """A page that was loaded before takes no later answer back, and sees that one is newer."""
    first = hold(cast.sam, ticket)
    scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=first.id)
    db.session.flush()
    assert hold(cast.sam, ticket).id > first.id


@pytest.mark.parametrize(
    ("internal", "delay", "later", "waits"),
    [
        (False, DELAY, False, True),
        (False, timedelta(), False, False),
        (False, timedelta(), True, True),
        (True, DELAY, True, False),
    ],
    ids=["with a moment to undo", "at once", "at its time", "never a note"],
)
def test_one_verb_decides_what_waits(
    ticket: Ticket, cast: Cast, *, internal: bool, delay: timedelta, later: bool, waits: bool
):
    held = scheduled.post_or_schedule(
        actor=cast.sam,
        ticket=ticket,
        message=TEXT,
        internal=internal,
        delay=delay,
        send_at=clock.now() + timedelta(hours=1) if later else None,
    )
    db.session.flush()
    said = db.session.scalars(select(Comment.message).order_by(Comment.id.desc())).first()
    assert (held is not None, said == TEXT) == (waits, not waits)
    assert held is None or held.later == later
