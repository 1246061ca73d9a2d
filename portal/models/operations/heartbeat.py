"""Heartbeat: when something that has to go on was last known to go on."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model, UtcDateTime

# Between a sweep and one of its parts: `sweep:seal_actions`.
PART_OF = ":"


class Pulse(StrEnum):
    """What is watched. Besides, each part of a sweep is, by a name of its own."""

    PROBE = "probe"
    SWEEP = "sweep"
    WEBHOOKS = "webhooks"
    BACKUP = "backup"

    def part(self, name: str) -> str:
        """The name of a part's heartbeat."""
        return f"{self}{PART_OF}{name}"


class Heartbeat(Model):
    """One row for each pulse, written over at each beat."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
