"""How far tickets have been counted."""

import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from portal.extensions import db
from portal.models.statistics import CountingProgress, TicketFact
from portal.prepared import Prepared


class Progress(NamedTuple):
    """The row of CountingProgress. `counted_at` is None before the first counting."""

    stamp: int
    counted_to: int
    goal: int
    counted_at: datetime | None

    @property
    def is_complete(self) -> bool:
        return self.counted_to >= self.goal


_FIND = Prepared(
    select(*(getattr(CountingProgress, name) for name in Progress._fields)), Progress._make
)


def find() -> Progress:
    return _FIND.first() or Progress(secrets.randbits(62), 0, 1, None)


def counted_tickets() -> int:
    """How many tickets are in the numbers. For operators: it takes time."""
    return db.session.scalar(select(func.count()).select_from(TicketFact)) or 0
