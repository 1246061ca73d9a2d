"""Deletes tickets for good: those long in the trash, and those closed long ago."""

import logging
from collections import Counter

from sqlalchemy import delete, select

from portal.bulk_statements import execute_bulk
from portal.extensions import db, setting
from portal.models.tickets import Ticket
from portal.queries.tickets import retention
from portal.services.organizations import storage
from portal.services.tickets import counts, uncounted, unlearned
from portal.services.tickets.counts import CountKey

log = logging.getLogger(__name__)


def delete_old(limit: int) -> int:
    """Delete up to `limit` of either kind, as the settings say; returns how many."""
    gone = 0
    if kept := setting("TRASH_RETENTION"):
        gone += _delete(_locked(retention.trashed(kept, limit)))
    if kept := setting("TICKET_RETENTION"):
        gone += _delete(_kept_counted(_locked(retention.closed(kept, limit))))
    if gone:
        log.info("%s old tickets are deleted for good", gone)
    return gone


def _locked(ids: list[int]) -> list[Ticket]:
    # The newest event stays: SQLite would give its id again, which the log of actions refers to.
    spared = retention.ticket_of_newest_event()
    chosen = [ticket_id for ticket_id in ids if ticket_id != spared]
    locked = select(Ticket).where(Ticket.id.in_(chosen)).order_by(Ticket.id).with_for_update()
    return list(db.session.scalars(locked))


def _kept_counted(tickets: list[Ticket]) -> list[Ticket]:
    """Those of which the statistics know all that happened: it stays in the numbers."""
    settled = uncounted.settled([ticket.id for ticket in tickets])
    uncounted.keep_counted(settled)
    return [ticket for ticket in tickets if ticket.id in settled]


def _delete(tickets: list[Ticket]) -> int:
    """What belongs to a ticket goes with it; the store's own sweep removes its files."""
    ids = [ticket.id for ticket in tickets]
    unlearned.note_deleted(ids)
    # Before the counts, as everybody who adds files does.
    for organization_id, size in storage.of_tickets(ids).items():
        storage.add(organization_id, -size)
    keys = [key for ticket in tickets if (key := counts.count_key(ticket)) is not None]
    counts.apply(Counter({key: -number for key, number in Counter[CountKey](keys).items()}))
    return execute_bulk(delete(Ticket).where(Ticket.id.in_(ids)))
