"""PendingAttachment: a file of a ticket that waits for the account of whoever wrote it."""

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    DELETE_ALL_ROWS,
    StorageKey,
    after_restore,
    erased_by_rule,
    not_exported,
)
from portal.models.base import BigId, Model

_NOBODYS = not_exported("before there is an account")


class PendingAttachment(Model):
    """Goes with its registration, whose link makes attachments of them. Its bytes are stored."""

    __tablename__ = "pending_attachments"
    __table_args__ = (Index(None, "registration_id"), after_restore(DELETE_ALL_ROWS))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    registration_id: Mapped[int] = mapped_column(
        ForeignKey("pending_registrations.id", ondelete="CASCADE")
    )
    filename: Mapped[str] = mapped_column(
        String(255), info=erased_by_rule("goes with its registration") | _NOBODYS
    )
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(
        StorageKey(), unique=True, info=erased_by_rule("goes with its registration") | _NOBODYS
    )
