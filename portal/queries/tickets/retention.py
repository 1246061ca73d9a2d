"""Tickets whose time is over: long in the trash, or closed long ago."""

from datetime import timedelta

from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.tickets import Ticket, TicketEvent, TicketStatus


def trashed(kept_for: timedelta, limit: int) -> list[int]:
    """Ids of up to `limit` that are in the trash for longer, the first ones first."""
    before = clock.now() - kept_for
    query = select(Ticket.id).where(Ticket.deleted_at.is_not(None), Ticket.deleted_at < before)
    return list(db.session.scalars(query.order_by(Ticket.deleted_at, Ticket.id).limit(limit)))


def closed(kept_for: timedelta, limit: int) -> list[int]:
    """Ids of up to `limit` that are closed and have not changed for longer."""
    before = clock.now() - kept_for
    query = select(Ticket.id).where(
        Ticket.status == TicketStatus.CLOSED,
        Ticket.updated_at < before,
        Ticket.deleted_at.is_(None),
    )
    return list(db.session.scalars(query.order_by(Ticket.updated_at, Ticket.id).limit(limit)))


def ticket_of_newest_event() -> int | None:
    query = select(TicketEvent.ticket_id).order_by(TicketEvent.id.desc()).limit(1)
    return db.session.scalar(query)
