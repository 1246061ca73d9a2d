"""Heartbeats: `beat` says that something went on; who reads it sees how long ago."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select, update

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.extensions import db
from portal.models.operations import Heartbeat, Pulse


def beat(*names: str) -> None:
    """Write down that it is now."""
    _begin(*names)
    chosen = update(Heartbeat).where(Heartbeat.name.in_(names)).values(beat_at=clock.now())
    execute_bulk(chosen)


def beat_sweep(sweep: Pulse, parts: Mapping[str, bool]) -> None:
    """A sweep went round: `parts` says of each whether it was done.

    The time of one that was not done goes on from when it last was, or was first known. One that
    is no part any more is forgotten.
    """
    names = {sweep.part(name): done for name, done in parts.items()}
    _begin(*names)
    beat(sweep, *(name for name, done in names.items() if done))
    former = Heartbeat.name.startswith(sweep.part(""), autoescape=True)
    execute_bulk(delete(Heartbeat).where(former, Heartbeat.name.not_in(names)))


def _begin(*names: str) -> None:
    """Let there be rows for `names`: whatever was never seen was first seen now."""
    there = set(db.session.scalars(select(Heartbeat.name).where(Heartbeat.name.in_(names))))
    new = [{"name": name, "beat_at": clock.now()} for name in names if name not in there]
    if new:
        db.session.execute(insert(Heartbeat), new)
