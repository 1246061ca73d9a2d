"""Tells assistance what may have to be learned, and what is new. Switched off it costs nothing."""

from sqlalchemy import exists, insert, select

from portal import clock
from portal.extensions import db
from portal.models.assistance import LearnedTicket, UnassistedTicket, UnlearnedTicket
from portal.models.people import User
from portal.models.tickets import EventKind, Ticket
from portal.models.tickets.ticket_event import ValueType
from portal.queries.assistance import wanted
from portal.queueing import Job, enqueue_after_commit


def note_change(ticket: Ticket, kind: EventKind) -> None:
    """What a solved ticket is like is learned, and one that is opened again is forgotten."""
    if (ticket.is_done or kind.spec.value is ValueType.STATUS) and wanted.learns():
        _note([ticket.id])


def note_new(ticket: Ticket) -> None:
    """The desk may set properties of it by itself, as soon as it is there."""
    if wanted.acted_targets():
        db.session.add(UnassistedTicket(ticket_id=ticket.id, created_at=clock.now()))
        db.session.flush()
        enqueue_after_commit(db.session(), Job.ASSIST, ticket.id)


def note_deleted(ticket_ids: list[int]) -> None:
    """They are gone for good."""
    learned = select(LearnedTicket.ticket_id).where(LearnedTicket.ticket_id.in_(ticket_ids))
    _note(list(db.session.scalars(learned)))


def note_erased(user: User) -> None:
    """Nothing of what that person has written is to be in what was learned."""
    theirs = select(Ticket.id).where(
        Ticket.requester_id == user.id, exists().where(LearnedTicket.ticket_id == Ticket.id)
    )
    _note(list(db.session.scalars(theirs)))


def _note(ticket_ids: list[int]) -> None:
    if ticket_ids:
        rows = [{"ticket_id": of} for of in ticket_ids]
        # By the connection: one statement without the session's bookkeeping.
        db.session.connection().execute(insert(UnlearnedTicket), rows)
