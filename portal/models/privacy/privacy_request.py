"""PrivacyRequest: a request for an export or for erasure. Kept as evidence."""

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
# How long a requested deletion can be undone.
UNDO_FOR = timedelta(days=14)


class PrivacyRequest(Leased, RightsSnapshot, Created, Model):
    """`progress` is a percentage, `size` in bytes.

    `ticket_ids` are the tickets in an export's file.

    A finished deletion has progress 100 once files outside of the database are removed too.
    `due_at` is the next automatic step: the deletion; or an export's next try, the end of its
    lease, or the expiry of its file. A deletion is one transaction and has no lease.
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
        """Whether it is waiting or running."""
        return self.state in {PrivacyState.WAITING, PrivacyState.RUNNING}

    @property
    def is_ready(self) -> bool:
        """Whether there is a file. `queries.privacy.privacy_requests` checks who may have it."""
        return self.state == PrivacyState.READY and self.storage_key is not None and self._has_time

    @property
    def ended_early(self) -> bool:
        """Whether an unavailable export would not have expired yet."""
        return self.state in {PrivacyState.READY, PrivacyState.EXPIRED} and self._has_time

    @property
    def _has_time(self) -> bool:
        return self.expires_at is not None and self.expires_at > clock.now()
