"""PrivacyRequest: somebody wants their data, or wants to be forgotten. Kept as proof."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.models.annotations import (
    EXPORTED,
    INTERNAL,
    StorageKey,
    erased_by_rule,
    exported_as,
    not_exported,
    stays_after_erasure,
)
from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.models.delivery.leased import Leased
from portal.models.people.rights_snapshot import RightsSnapshot


class PrivacyKind(StrEnum):
    """What was asked for."""

    EXPORT = "export"
    DELETION = "deletion"


class PrivacyState(StrEnum):
    """An export: waiting, running, ready, failed, expired. A deletion: waiting, undone, done."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"
    UNDONE = "undone"
    DONE = "done"


OPEN_EXPORT = (PrivacyState.WAITING, PrivacyState.RUNNING)
# So long somebody who asked to be forgotten may think better of it.
UNDO_FOR = timedelta(days=14)


class PrivacyRequest(Leased, RightsSnapshot, Created, Model):
    """`progress` in percent, `size` in bytes; `ticket_ids` are of the tickets in an export's file.

    A deletion that is done is at 100 when no file beside the database is left to be removed.
    `due_at` is the next moment at which something happens by itself: a deletion; an export's next
    try, the end of the lease that somebody writes it under, the end of its file. A deletion is one
    transaction and has no lease.
    """

    OPEN = OPEN_EXPORT

    __tablename__ = "privacy_requests"
    __table_args__ = (Index(None, "user_id", "id"), Index(None, "kind", "state", "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"),
        info=stays_after_erasure("the proof that it was done") | exported_as("privacy_requests"),
    )
    kind: Mapped[str] = mapped_column(String(16), info=EXPORTED)
    state: Mapped[str] = mapped_column(String(16), default=PrivacyState.WAITING, info=EXPORTED)
    progress: Mapped[int] = mapped_column(SmallInteger, default=0, info=INTERNAL)
    storage_key: Mapped[str | None] = mapped_column(
        StorageKey(), info=erased_by_rule("the copy is withdrawn") | not_exported("the copy itself")
    )
    size: Mapped[int | None] = mapped_column(BigInteger, info=INTERNAL)
    ticket_ids: Mapped[list[int] | None] = mapped_column(JSON, info=INTERNAL)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    error: Mapped[str | None] = mapped_column(String(300), info=INTERNAL)

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in {PrivacyState.WAITING, PrivacyState.RUNNING}

    @property
    def is_ready(self) -> bool:
        """Whether there is a file to fetch. Who may: `queries.privacy.privacy_requests`."""
        return self.state == PrivacyState.READY and self.storage_key is not None and self._has_time

    @property
    def ended_early(self) -> bool:
        """Of a copy that is not given: whether its week is not over."""
        return self.state in {PrivacyState.READY, PrivacyState.EXPIRED} and self._has_time

    @property
    def _has_time(self) -> bool:
        return self.expires_at is not None and self.expires_at > clock.now()
