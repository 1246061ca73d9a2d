"""Heartbeat: when something that has to go on was last known to go on, and what its run came to."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Float, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model, UtcDateTime

# Between a sweep and one of its parts: `sweep:seal_actions`.
PART_SEPARATOR = ":"


class HeartbeatName(StrEnum):
    """What is watched. Besides, each part of a sweep is, by a name of its own."""

    PROBE = "probe"
    SWEEP = "sweep"
    WEBHOOKS = "webhooks"
    BACKUP = "backup"

    def part(self, name: str) -> str:
        """The name of a part's heartbeat."""
        return f"{self}{PART_SEPARATOR}{name}"


class Heartbeat(Model):
    """One row for each pulse, written over at each beat.

    A part of a sweep also has its last run: while that goes on, `due_at` is when somebody else may
    take it over, and afterwards when it is to be done again.
    """

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seconds: Mapped[float | None] = mapped_column(Float)
    # The kind of error that ended the last run: never its text, which may name people.
    error: Mapped[str | None] = mapped_column(String(80))
