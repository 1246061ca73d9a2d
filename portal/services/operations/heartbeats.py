"""Heartbeats of background tasks, and leases and results of the parts of sweeps.

A part is claimed by one conditional update. The lease of a dead worker expires, and another worker
runs the part; a worker that lost its lease writes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select, update

from portal import clock
from portal.bulk_statements import changed_one, execute_bulk, insert_missing
from portal.extensions import db
from portal.models.operations import Heartbeat, HeartbeatName
from portal.queries.operations.heartbeats import is_due

# Error of a run that never reported its end.
INTERRUPTED = "broke_off"


@dataclass(frozen=True, slots=True)
class Run:
    """The right to run a part. `took_over`: from a worker that never reported an end."""

    name: str
    began_at: datetime
    took_over: bool


def beat(*names: str) -> None:
    """Set the heartbeats to now."""
    _begin(names)
    chosen = update(Heartbeat).where(Heartbeat.name.in_(names)).values(beat_at=clock.now())
    execute_bulk(chosen)


def set_parts(sweep: HeartbeatName, names: Collection[str]) -> None:
    """Make these the only parts of the sweep.

    New ones count as seen now, so that one that never runs becomes late.
    """
    _begin(names)
    former = Heartbeat.name.startswith(sweep.part(""), autoescape=True)
    execute_bulk(delete(Heartbeat).where(former, Heartbeat.name.not_in(names)))


def claim(name: str, within: timedelta) -> Run | None:
    """The right to run a part for `within`; None when it is not due."""
    now = clock.now()
    unended = Heartbeat.began_at.is_not(None) & Heartbeat.ended_at.is_(None)
    taken = (
        update(Heartbeat)
        .where(Heartbeat.name == name, is_due(now))
        .values(
            began_at=now,
            due_at=now + within,
            ended_at=None,
            error=case((unended, INTERRUPTED), else_=Heartbeat.error),
        )
        .returning(Heartbeat.error)
        .execution_options(synchronize_session=False)
    )
    row = db.session.execute(taken).one_or_none()
    return None if row is None else Run(name, now, took_over=row.error == INTERRUPTED)


def finish(
    run: Run, *, seconds: float, error: str | None, again_in: timedelta, every: timedelta
) -> bool:
    """Record the end of a run; False, and no change, when another worker has taken over.

    `every` is the part's period, `again_in` when it runs next.
    """
    now = clock.now()
    came_to = {"ended_at": now, "seconds": seconds, "error": error}
    came_to["every_seconds"] = every.total_seconds()
    done = {} if error else {"beat_at": now}
    held = (Heartbeat.name == run.name) & (Heartbeat.began_at == run.began_at)
    written = update(Heartbeat).where(held)
    return changed_one(written.values(due_at=run.began_at + again_in, **came_to, **done))


def _begin(names: Collection[str]) -> None:
    """Add missing rows, as seen now."""
    there = set(db.session.scalars(select(Heartbeat.name).where(Heartbeat.name.in_(names))))
    new = [{"name": name, "beat_at": clock.now()} for name in names if name not in there]
    if new:
        # A concurrent sweep may add the same row.
        insert_missing(Heartbeat, new)
