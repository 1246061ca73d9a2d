"""Heartbeats: `beat` says that something went on; who reads it sees how long ago."""

from sqlalchemy import update

from portal import clock
from portal.extensions import db
from portal.models import Heartbeat, Pulse


def beat(pulse: Pulse) -> None:
    """Write down that it is now."""
    now = clock.now()
    changed = db.session.execute(
        update(Heartbeat)
        .where(Heartbeat.name == pulse)
        .values(beat_at=now)
        .returning(Heartbeat.name)
        .execution_options(synchronize_session=False)
    )
    if changed.first() is None:
        db.session.add(Heartbeat(name=pulse, beat_at=now))
        db.session.flush()
