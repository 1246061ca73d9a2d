"""Thumbnail: a small picture of an attached one, made by a job. Its bytes are in the file store."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import INTERNAL, StorageKey
from portal.models.base import Model, UtcDateTime


class Thumbnail(Model):
    """Visible like its attachment. Without a key it is still owed, or, without `due_at`, cannot be.

    A row is there from the moment on when a picture is attached.
    """

    __tablename__ = "thumbnails"
    __table_args__ = (Index(None, "due_at"),)

    attachment_id: Mapped[int] = mapped_column(
        ForeignKey("attachments.id", ondelete="CASCADE"), primary_key=True, info=INTERNAL
    )
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=INTERNAL)
    tries: Mapped[int] = mapped_column(default=0, info=INTERNAL)
    storage_key: Mapped[str | None] = mapped_column(StorageKey(), unique=True, info=INTERNAL)
    width: Mapped[int | None] = mapped_column(info=INTERNAL)
    height: Mapped[int | None] = mapped_column(info=INTERNAL)
    size: Mapped[int | None] = mapped_column(info=INTERNAL)
