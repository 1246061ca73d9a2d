"""Attachment: metadata of an uploaded file. Its bytes are in the file store."""

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import CONVERSATION, IN_TICKETS, INTERNAL, StorageKey
from portal.models.base import BigId, Created, Model


class Attachment(Created, Model):
    """Visible like its comment: a file on an internal note is internal."""

    __tablename__ = "attachments"
    __table_args__ = (Index(None, "ticket_id"), Index(None, "comment_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    filename: Mapped[str] = mapped_column(String(255), info=CONVERSATION | IN_TICKETS)
    # By which the HTML of its mail names a picture (`cid:`); empty for all other files.
    content_id: Mapped[str] = mapped_column(
        String(200), default="", server_default="", info=CONVERSATION | INTERNAL
    )
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(StorageKey(), unique=True, info=IN_TICKETS)
