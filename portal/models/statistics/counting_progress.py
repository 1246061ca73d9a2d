"""CountingProgress: how far tickets have been counted, and in which zone their days are."""

from datetime import datetime

from sqlalchemy import SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model, UtcDateTime


class CountingProgress(Model):
    """One row, made by the first counting, and locked by whoever counts.

    Tickets up to `counted_to` have been counted once; changes of theirs are UncountedTickets.
    `stamp` is another one after each change of the numbers. With another zone all is counted anew.
    """

    __tablename__ = "counting_progress"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    zone: Mapped[str] = mapped_column(String(64))
    counted_to: Mapped[int] = mapped_column(BigId)
    # How many there were when counting began anew; what is filed later is a change.
    goal: Mapped[int] = mapped_column(BigId)
    stamp: Mapped[int] = mapped_column(BigId)
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
