"""Reads of the heartbeats."""

from datetime import timedelta

from portal import clock
from portal.extensions import db
from portal.models.operations import Heartbeat, Pulse


def age(pulse: Pulse) -> timedelta | None:
    """How long ago it last beat; None when it never did."""
    row = db.session.get(Heartbeat, pulse)
    return None if row is None else clock.now() - row.beat_at
