"""LearningProgress: how far tickets have been learned, and how good what was learned is."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model, UtcDateTime


class LearningProgress(Model):
    """One row while assistance learns, locked by whoever learns; without it nothing is learned.

    Tickets up to `learned_to` have been looked at once; changes of theirs are UnlearnedTickets.
    `changes` grows with each ticket that is learned or forgotten. `measured` is
    {target: a `portal.learning.precision.Measured`} as it was after `measured_changes` of them.
    """

    __tablename__ = "learning_progress"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    features_version: Mapped[int] = mapped_column(SmallInteger)
    learned_to: Mapped[int] = mapped_column(BigId)
    # The newest ticket when learning began anew.
    goal: Mapped[int] = mapped_column(BigId)
    # How many tickets are learned.
    tickets: Mapped[int] = mapped_column(default=0)
    changes: Mapped[int] = mapped_column(BigId, default=0)
    measured_changes: Mapped[int] = mapped_column(BigId, default=0)
    measured: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    measured_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
