"""Leased: columns of a row that workers take by a lease. Deliverable: such a row to be sent."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, INTERNAL
from portal.models.base import UtcDateTime


class OutboxState(StrEnum):
    """`parked`: given up after all tries; kept with its error until an operator decides."""

    PENDING = "pending"
    SENT = "sent"
    PARKED = "parked"
    DROPPED = "dropped"


class Leased:
    """`due_at` is when the next try may begin or, while a lease is held, when the lease expires.

    OPEN lists the states in which work is left; the first of them waits for its next try. The
    functions are in `services.delivery.leases`.
    """

    OPEN: ClassVar[tuple[str, ...]]

    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, info=INTERNAL)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, info=EXPORTED)
    lease: Mapped[str | None] = mapped_column(String(32), info=INTERNAL)


class Deliverable(Leased):
    """A row that is to be sent to somebody."""

    OPEN = (OutboxState.PENDING,)

    state: Mapped[str] = mapped_column(String(16), default=OutboxState.PENDING)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Text)
