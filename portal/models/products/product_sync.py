"""ProductSync: one fetching of an organization's products from a marketplace, and its log."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _
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


class SyncError(StrEnum):
    """Why it has failed or, of one that waits, why it does. Pages have `SYNC_ERROR_TEXTS`."""

    BUSY = "busy"
    KEY_MISSING = "key_missing"
    KEY_UNREADABLE = "key_unreadable"
    KEY_EXPIRED = "key_expired"
    KEY_REFUSED = "key_refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS = "tls"
    SERVER = "server"
    ANSWER = "answer"
    SHOP = "shop"
    EMPTY = "empty"
    INCOMPLETE = "incomplete"
    NOT_CHOSEN = "not_chosen"
    SHUT = "shut"
    TOO_LONG = "too_long"
    INTERRUPTED = "interrupted"
    INTERNAL = "internal"


SYNC_ERROR_TEXTS: Mapping[str, LazyText] = {
    SyncError.BUSY: _("The marketplace wants to be asked later. It goes on by itself."),
    SyncError.KEY_MISSING: _("The key is not stored. Store it among the credentials."),
    SyncError.KEY_UNREADABLE: _("The stored key cannot be one. Copy the whole key and store it."),
    SyncError.KEY_EXPIRED: _("The key's time is over. Make a new one in the seller's account."),
    SyncError.KEY_REFUSED: _(
        "The marketplace refuses the key. Make one that may read cards, prices and stocks."
    ),
    SyncError.UNREACHABLE: _("The marketplace cannot be reached. Try again later."),
    SyncError.TIMEOUT: _("The marketplace did not answer in time. Try again later."),
    SyncError.TLS: _("No secure connection to the marketplace: its certificate does not fit."),
    SyncError.SERVER: _("The marketplace has a fault of its own. Try again later."),
    SyncError.ANSWER: _("The marketplace answered what is not understood. Try again later."),
    SyncError.SHOP: _("The marketplace answered with an error."),
    SyncError.EMPTY: _(
        "The marketplace named no product at all, so none was taken for gone. Try again later."
    ),
    SyncError.INCOMPLETE: _(
        "The marketplace named fewer products than it has, so none was taken for gone. Try again."
    ),
    SyncError.NOT_CHOSEN: _("The organization does not sell at this marketplace any more."),
    SyncError.SHUT: _("The organization is shut."),
    SyncError.TOO_LONG: _("It was not done within a day. What was fetched is kept. Try again."),
    SyncError.INTERRUPTED: _("It was interrupted several times at the same place. Try again."),
    SyncError.INTERNAL: _("A fault of the desk. If it happens again, tell us."),
}


class ProductSync(Leased, Created, Model):
    """`started_by_id` is None for one of the schedule.

    `stage` and `cursor` say where it goes on after a pause or a worker's death. `seen`, `added`,
    `changed` and `gone` count products, of `total` where the marketplace says how many there are;
    `pages` its answers; `errors` items that could not be read. `error` is a SyncError, `detail`
    what the marketplace said.
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
