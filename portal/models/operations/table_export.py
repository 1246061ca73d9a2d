"""TableExport: a table of the desk as a file, asked for by somebody and written by a worker."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _
from portal.models.annotations import INTERNAL, NOT_THEIRS, ROW_GOES, StorageKey
from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.models.delivery.leased import Leased


class TableKind(StrEnum):
    """What its rows are."""

    TICKETS = "tickets"
    COMMENTS = "comments"
    PEOPLE = "people"
    ORGANIZATIONS = "organizations"
    RATINGS = "ratings"
    ACTIONS = "actions"
    PRODUCTS = "products"


TABLE_LABELS: Mapping[str, LazyText] = {
    TableKind.TICKETS: _("Tickets"),
    TableKind.COMMENTS: _("Messages of tickets"),
    TableKind.PEOPLE: _("People"),
    TableKind.ORGANIZATIONS: _("Organizations"),
    TableKind.RATINGS: _("Ratings"),
    TableKind.ACTIONS: _("Log of actions"),
    TableKind.PRODUCTS: _("Products"),
}
# Of tickets: narrowed by a filter of the queue.
OF_TICKETS = frozenset({TableKind.TICKETS, TableKind.COMMENTS, TableKind.RATINGS})


class FileFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class TableExportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


OPEN_TABLE_EXPORT = (TableExportState.WAITING, TableExportState.RUNNING)


class TableExport(Leased, Created, Model):
    """`columns` are names in their order, `query` a filter as the queue's address has it.

    `since` is inclusive, `until` exclusive. `progress` is a percentage, `size` in bytes. `due_at`
    is its next step: the next try, the end of its lease, or the expiry of its file.
    """

    OPEN = OPEN_TABLE_EXPORT

    __tablename__ = "table_exports"
    __table_args__ = (Index(None, "user_id", "kind", "id"), Index(None, "state", "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # Its file is the desk's: without the row nobody can fetch it, and the sweep deletes it.
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), info=ROW_GOES | NOT_THEIRS)
    kind: Mapped[str] = mapped_column(String(16))
    format: Mapped[str] = mapped_column(String(8))
    columns: Mapped[list[str]] = mapped_column(JSON)
    query: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16), default=TableExportState.WAITING)
    progress: Mapped[int] = mapped_column(SmallInteger, default=0)
    rows: Mapped[int] = mapped_column(BigInteger, default=0)
    storage_key: Mapped[str | None] = mapped_column(StorageKey(), info=INTERNAL)
    size: Mapped[int | None] = mapped_column(BigInteger)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(300))

    @property
    def is_open(self) -> bool:
        """Whether it is waiting or running."""
        return self.state in OPEN_TABLE_EXPORT

    @property
    def is_ready(self) -> bool:
        """Whether there is a file. `queries.operations.table_exports` checks who may have it."""
        in_time = self.expires_at is not None and self.expires_at > clock.now()
        return self.state == TableExportState.READY and self.storage_key is not None and in_time
