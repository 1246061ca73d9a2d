"""Reads of heartbeats."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, select

from portal import clock
from portal.extensions import db
from portal.models.operations import Heartbeat, HeartbeatName
from portal.prepared import Prepared
from portal.queries.paging import AnyRow

# Longer than all periods and leases. Later due dates were written under a wrong clock or come
# from another machine, and are ignored.
LONGEST_PERIOD = timedelta(hours=1)
SWEEPS = (HeartbeatName.SWEEP, HeartbeatName.WEBHOOKS)


_BEAT: Prepared[AnyRow] = Prepared(
    select(Heartbeat.beat_at).where(Heartbeat.name == bindparam("pulse"))
)


def age(pulse: HeartbeatName) -> timedelta | None:
    """Time since the last beat; None when there was none."""
    row = _BEAT.first({"pulse": pulse})
    return None if row is None else clock.now() - row.beat_at


def incomplete_backup() -> timedelta | None:
    """How long ago a backup lacked files, if no whole one was made since."""
    lacking, whole = age(HeartbeatName.INCOMPLETE_BACKUP), age(HeartbeatName.BACKUP)
    return lacking if lacking is not None and (whole is None or lacking < whole) else None


def closed_since_restore() -> timedelta | None:
    """How long ago the desk was restored, if no worker has swept since then."""
    restored = age(HeartbeatName.RESTORE)
    if restored is None:
        return None
    swept = [found for sweep in SWEEPS if (found := age(sweep)) is not None]
    return restored if all(found >= restored for found in swept) else None


def is_due(now: datetime) -> ColumnElement[bool]:
    """Condition: nobody holds the part's lease, or it has expired."""
    due: ColumnElement[bool] = (
        Heartbeat.due_at.is_(None)
        | (Heartbeat.due_at <= now)
        | (Heartbeat.due_at > now + LONGEST_PERIOD)
    )
    return due


def due(names: Collection[str]) -> list[str]:
    """Those parts of `names` that are due, the longest due first."""
    chosen = select(Heartbeat.name).where(Heartbeat.name.in_(names), is_due(clock.now()))
    return list(db.session.scalars(chosen.order_by(Heartbeat.due_at.nulls_first(), Heartbeat.name)))


def parts(sweep: HeartbeatName) -> set[str]:
    """Names of the known parts of a sweep."""
    known = select(Heartbeat.name).where(Heartbeat.name.startswith(sweep.part(""), autoescape=True))
    return set(db.session.scalars(known))
