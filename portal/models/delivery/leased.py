"""Leased: what is worked on by whoever holds its lease. Owed: such a thing that is to be sent."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, INTERNAL
from portal.models.base import UtcDateTime


class OutboxState(StrEnum):
    """`parked`: given up after many tries, kept with its reason until somebody decides."""

    PENDING = "pending"
    SENT = "sent"
    PARKED = "parked"
    DROPPED = "dropped"


class Leased:
    """`due_at` is when the next try may begin; while a lease lasts, when it runs out.

    There is something left to do in the states that are `OPEN`; what waits for its next try is in
    the first of them. The verbs are in `services.delivery.leases`.
    """

    OPEN: ClassVar[tuple[str, ...]]

    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, info=INTERNAL)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, info=EXPORTED)
    lease: Mapped[str | None] = mapped_column(String(32), info=INTERNAL)


class Deliverable(Leased):
    """What is owed to the outside."""

    OPEN = (OutboxState.PENDING,)

    state: Mapped[str] = mapped_column(String(16), default=OutboxState.PENDING)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Text)
