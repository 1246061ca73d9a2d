"""ProductSchedule: when the products of an organization are fetched again."""

from datetime import datetime

from sqlalchemy import ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Created, Model, UtcDateTime

MAX_CRON = 100
MAX_ZONE = 64


class ProductSchedule(Created, Model):
    """`cron` has five fields, by the clock of `zone`.

    `failures` counts its syncs that have failed since all marketplaces were well.
    """

    __tablename__ = "product_schedules"

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    cron: Mapped[str] = mapped_column(String(MAX_CRON))
    zone: Mapped[str] = mapped_column(String(MAX_ZONE))
    next_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
