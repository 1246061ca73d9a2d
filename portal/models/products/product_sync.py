"""ProductSync: one fetching of an organization's products from a marketplace, and its log."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import BARE_NUMBER, INTERNAL, NOT_THEIRS
from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.models.delivery.leased import Leased

MAX_DETAIL = 300
_OPEN = text("state IN ('queued', 'running')")


class SyncState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SyncStage(StrEnum):
    """In this order."""

    CARDS = "cards"
    PRICES = "prices"
    STOCKS = "stocks"
    GONE = "gone"


class ProductSync(Leased, Created, Model):
    """`started_by_id` is None for one of the schedule.

    `stage` and `cursor` say where it goes on after a pause or a worker's death. `seen`, `added`,
    `changed` and `gone` count products, of `total` where the marketplace says how many there are;
    `pages` its answers; `errors` items that could not be read. `error` is a code, `detail` what the
    marketplace said.
    """

    OPEN = (SyncState.QUEUED, SyncState.RUNNING)

    __tablename__ = "product_syncs"
    __table_args__ = (
        Index(None, "organization_id", "id"),
        Index(None, "state", "due_at"),
        # Two at once would count each other's products as gone.
        Index(
            "uq_product_syncs_open",
            "organization_id",
            "marketplace",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    marketplace: Mapped[str] = mapped_column(String(16))
    started_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id"), info=BARE_NUMBER | NOT_THEIRS
    )
    state: Mapped[str] = mapped_column(String(16), default=SyncState.QUEUED)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stage: Mapped[str] = mapped_column(String(16), default=SyncStage.CARDS)
    cursor: Mapped[str] = mapped_column(Text, default="", info=INTERNAL)
    total: Mapped[int | None]
    seen: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str | None] = mapped_column(String(MAX_DETAIL))

    @property
    def is_open(self) -> bool:
        """Whether it is waiting or running."""
        return self.state in self.OPEN
