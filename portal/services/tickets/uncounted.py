"""Notes which tickets have changed, for the statistics."""

from weakref import WeakKeyDictionary

from sqlalchemy import insert
from sqlalchemy.orm import SessionTransaction

from portal.extensions import db
from portal.models.statistics import UncountedTicket

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
