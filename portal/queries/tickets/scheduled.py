"""Answers that have not left. For staff alone: to customers there are none."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select

from portal import clock
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.tickets import (
    ScheduledComment,
    ScheduledState,
    Ticket,
    TicketEvent,
    UnsentAttachment,
)
from portal.prepared import Prepared

# On a page of a ticket.
_MOST = 50


class ScheduledRow(NamedTuple):
    """An answer that has not left, with its author; see the model for each column."""

    id: int
    user_id: int
    message: str
    status: str | None
    later: bool
    state: str
    reason: str | None
    due_at: datetime
    first_name: str
    last_name: str
    email: str


class UnsentFile(NamedTuple):
    id: int
    scheduled_comment_id: int | None
    filename: str
    size: int


_OF_TICKET = Prepared(
    select(
        *(getattr(ScheduledComment, name) for name in ScheduledRow._fields[:8]),
        *Person.columns(User),
    )
    .join(User, User.id == ScheduledComment.user_id)
    .where(ScheduledComment.ticket_id == bindparam("ticket_id"))
    .order_by(ScheduledComment.due_at, ScheduledComment.id)
    .limit(_MOST),
    ScheduledRow._make,
)


def of_ticket(actor: Actor, ticket_id: int) -> Sequence[ScheduledRow]:
    """In the order in which they leave."""
    return _OF_TICKET.all({"ticket_id": ticket_id}) if actor.is_staff else ()


def files(actor: Actor, ticket_id: int) -> list[UnsentFile]:
    """The files of answers that have not left, and of what the actor is writing."""
    mine = and_(
        UnsentAttachment.scheduled_comment_id.is_(None), UnsentAttachment.user_id == actor.id
    )
    query = (
        select(*(getattr(UnsentAttachment, name) for name in UnsentFile._fields))
        .where(
            UnsentAttachment.ticket_id == ticket_id,
            or_(UnsentAttachment.scheduled_comment_id.is_not(None), mine),
        )
        .order_by(UnsentAttachment.id)
    )
    return [UnsentFile(*row) for row in db.session.execute(query)]


def others_wait(actor: Actor, ticket_id: int, *, after: int) -> bool:
    """Whether an answer of somebody else waits that is newer than the one of that id."""
    query = exists().where(
        ScheduledComment.ticket_id == ticket_id,
        ScheduledComment.state == ScheduledState.WAITING,
        ScheduledComment.id > after,
        ScheduledComment.user_id != actor.id,
    )
    return bool(db.session.scalar(select(query)))


def ticket_locked(ticket_id: int) -> Select[Ticket]:
    """The ticket, in the trash or not; nobody else changes it until the transaction ends."""
    query = select(Ticket).where(Ticket.id == ticket_id).with_for_update()
    return query.execution_options(populate_existing=True)


def last_event(ticket_id: int) -> TicketEvent:
    """What happened to the ticket last."""
    events = select(TicketEvent).where(TicketEvent.ticket_id == ticket_id)
    return db.session.scalars(events.order_by(TicketEvent.id.desc()).limit(1)).one()


def due_ids(limit: int) -> list[int]:
    """Those that are due, the longest due first."""
    query = _due().order_by(ScheduledComment.due_at, ScheduledComment.id)
    return list(db.session.scalars(query.limit(limit)))


def due_ids_until(scheduled_id: int) -> list[int]:
    """That one, after those of its ticket that were due before it; none once it has left."""
    one = db.session.get(ScheduledComment, scheduled_id)
    if one is None:
        return []
    before: ColumnElement[bool] = or_(
        ScheduledComment.due_at < one.due_at,
        and_(ScheduledComment.due_at == one.due_at, ScheduledComment.id <= one.id),
    )
    query = _due().where(ScheduledComment.ticket_id == one.ticket_id, before)
    return list(db.session.scalars(query.order_by(ScheduledComment.due_at, ScheduledComment.id)))


def _due() -> Select[int]:
    return select(ScheduledComment.id).where(
        ScheduledComment.state == ScheduledState.WAITING, ScheduledComment.due_at <= clock.now()
    )
