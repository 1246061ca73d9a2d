"""Tells the statistics which tickets have changed, and which are deleted for good."""

from collections.abc import Collection
from weakref import WeakKeyDictionary

from sqlalchemy import insert, select, update
from sqlalchemy.orm import SessionTransaction

from portal.bulk_statements import execute_bulk
from portal.extensions import db
from portal.models.statistics import CountingProgress, TicketFact, UncountedTicket

# What an open transaction, or savepoint, has noted already.
_noted: WeakKeyDictionary[SessionTransaction, set[int]] = WeakKeyDictionary()


def note(*ticket_ids: int) -> None:
    """The statistics of these tickets have to be counted anew: one row in each transaction."""
    session = db.session()
    transaction = session.get_nested_transaction() or session.get_transaction()
    known = _noted.setdefault(transaction, set()) if transaction else set()
    new = [of for of in ticket_ids if of not in known]
    if new:
        known.update(new)
        # By the connection: one statement without the session's bookkeeping.
        rows = [{"ticket_id": of} for of in new]
        db.session.connection().execute(insert(UncountedTicket), rows)


def settled(ticket_ids: Collection[int]) -> list[int]:
    """Those that are counted as they are, so that nothing more has to be read of them."""
    reached = db.session.scalar(select(CountingProgress.counted_to)) or 0
    noted = select(UncountedTicket.ticket_id).where(UncountedTicket.ticket_id.in_(ticket_ids))
    waiting = set(db.session.scalars(noted))
    return [of for of in ticket_ids if of <= reached and of not in waiting]


def keep_counted(ticket_ids: Collection[int]) -> None:
    """These tickets are deleted for good: numbers of the past stay as they were."""
    gone = update(TicketFact).where(TicketFact.ticket_id.in_(ticket_ids))
    execute_bulk(gone.values(is_gone=True))
