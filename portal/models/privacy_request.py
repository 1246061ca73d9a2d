"""PrivacyRequest: somebody wants their data, or wants to be forgotten. Kept as proof."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Created, Model, UtcDateTime


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


class PrivacyRequest(Created, Model):
    """`progress` in percent. `due_at`: when a deletion happens, or an export's lease ends."""

    __tablename__ = "privacy_requests"
    __table_args__ = (Index(None, "user_id", "id"), Index(None, "kind", "state", "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default=PrivacyState.WAITING)
    progress: Mapped[int] = mapped_column(SmallInteger, default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    storage_key: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(BigInteger)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(300))
