"""Heartbeat: when something that has to go on was last known to go on."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model, UtcDateTime


class Pulse(StrEnum):
    """What is watched."""

    PROBE = "probe"
    SWEEP = "sweep"
    BACKUP = "backup"


class Heartbeat(Model):
    """One row for each pulse, written over at each beat."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
