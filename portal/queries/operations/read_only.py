"""Whether the desk is read-only, and what still has to end before nothing changes any more."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select, text

from portal import clock
from portal.extensions import db
from portal.models.delivery.leased import Deliverable
from portal.models.operations import ReadOnlyMode

# Of this database: transactions by their virtual ids, but for our own and PostgreSQL's own work.
_TRANSACTIONS = text(
    """SELECT l.virtualtransaction FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
    WHERE l.locktype = 'virtualxid' AND a.datname = current_database()
    AND a.usesysid IS NOT NULL AND a.pid <> pg_backend_pid()"""
)


class ReadOnly(NamedTuple):
    """See `models.operations.ReadOnlyMode`."""

    since: datetime
    until: datetime | None
    closed: bool
    token: str
    moved_to: str


def current() -> ReadOnly | None:
    """None: the desk takes changes."""
    mode = ReadOnlyMode
    row = db.session.execute(
        select(mode.since, mode.until, mode.closed, mode.token, mode.moved_to)
    ).first()
    return None if row is None else ReadOnly._make(row)


def being_sent() -> int:
    """What a worker has taken to send and not settled. That of a dead one ends with its lease."""
    kinds = [mapper.class_ for mapper in db.Model.registry.mappers]  # type: ignore[attr-defined]
    return sum(_leased(kind) for kind in kinds if issubclass(kind, Deliverable))


def _leased(model: Any) -> int:
    held = (model.lease.is_not(None), model.due_at > clock.now(), model.state.in_(model.OPEN))
    return db.session.execute(select(func.count()).select_from(model).where(*held)).scalar_one()


def open_transactions() -> set[str]:
    """Those of others that run now and may have begun to write; on SQLite there are none."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        return set()
    return set(connection.scalars(_TRANSACTIONS))
