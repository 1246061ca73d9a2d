"""Heartbeat: when a background task last ran, and the result of its last run."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Float, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model, UtcDateTime

# Between a sweep and one of its parts: `sweep:seal_actions`.
PART_SEPARATOR = ":"


class HeartbeatName(StrEnum):
    """Names of watched tasks. Each part of a sweep has a name of its own besides."""

    PROBE = "probe"
    SWEEP = "sweep"
    WEBHOOKS = "webhooks"
    BACKUP = "backup"
    # One that lacks files; it leaves the beat of the last whole one as it is.
    INCOMPLETE_BACKUP = "incomplete_backup"
    RESTORE = "restore"
    # The program that a mail server brings mail to.
    INBOUND = "inbound"

    def part(self, name: str) -> str:
        """The heartbeat name of a part of this sweep."""
        return f"{self}{PART_SEPARATOR}{name}"


class Heartbeat(Model):
    """One row for each name, overwritten at each beat.

    A part of a sweep also has its last run: while it runs, `due_at` is when another worker may take
    over; afterwards, when it is due again.
    """

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seconds: Mapped[float | None] = mapped_column(Float)
    # Of a part: how often it runs.
    every_seconds: Mapped[float | None] = mapped_column(Float)
    # Class of the exception that ended the last run; its text may contain personal data.
    error: Mapped[str | None] = mapped_column(String(80))
