"""Plan: how much an organization may have here, as a row of limits."""

from enum import StrEnum

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import INTERNAL, stays_after_erasure
from portal.models.base import Model


class PlanName(StrEnum):
    """From the smallest to the one without limits."""

    FREE = "free"
    STARTER = "starter"
    PRO = "pro"
    ENTERPRISE = "enterprise"


class Plan(Model):
    """The most of each; NULL is no limit. The rows are made by a migration."""

    __tablename__ = "plans"

    name: Mapped[str] = mapped_column(
        String(16), primary_key=True, info=stays_after_erasure("of nobody") | INTERNAL
    )
    members: Mapped[int | None]
    open_tickets: Mapped[int | None]
    # Of files on its tickets.
    file_bytes: Mapped[int | None] = mapped_column(BigInteger)
    # Of all members' programs together.
    calls_a_day: Mapped[int | None]
