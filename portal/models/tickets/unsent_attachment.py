"""UnsentAttachment: a file of an answer that has not left. Its bytes are in the file store."""

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    EXPORTED,
    INTERNAL,
    ROW_GOES,
    StorageKey,
    exported_as,
)
from portal.models.base import BigId, Created, Model


class UnsentAttachment(Created, Model):
    """A file of a scheduled comment; without one, of what its author is writing to the ticket."""

    __tablename__ = "unsent_attachments"
    __table_args__ = (
        Index(None, "ticket_id", "user_id"),
        Index(None, "scheduled_comment_id"),
        Index(None, "user_id"),
        Index(None, "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), info=EXPORTED
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES | exported_as("unsent_files")
    )
    scheduled_comment_id: Mapped[int | None] = mapped_column(
        ForeignKey("scheduled_comments.id", ondelete="CASCADE"), info=INTERNAL
    )
    filename: Mapped[str] = mapped_column(String(255), info=EXPORTED)
    content_type: Mapped[str] = mapped_column(String(100), info=EXPORTED)
    size: Mapped[int] = mapped_column(BigInteger, info=EXPORTED)
    sha256: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    storage_key: Mapped[str] = mapped_column(StorageKey(), unique=True, info=INTERNAL)
