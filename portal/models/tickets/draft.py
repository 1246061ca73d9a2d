"""Draft: what a person is writing and has not sent."""

import hashlib
from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, INTERNAL, ROW_GOES, exported_as
from portal.models.base import BigId, Created, Model, UtcDateTime

_OF_NEW_TICKET = text("ticket_id IS NULL")
# SQLite uses a partial index only for a query with the same words.
DISCARDED = text("discarded")


class Draft(Created, Model):
    """A reply or note (`internal`) to a ticket, or a new ticket when there is no `ticket_id`.

    One for each person and ticket, and nobody else reads it. `replaced` is the text from another
    device whose place the last save took, and `replaced_internal` says whether it was a note. A
    discarded draft can be brought back for a day. `model_digest` is that of a text that a
    language model has written and nobody has accepted.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        Index(None, "user_id", "ticket_id", unique=True),
        # To both databases one NULL is never another.
        Index(
            "ix_drafts_new",
            "user_id",
            unique=True,
            sqlite_where=_OF_NEW_TICKET,
            postgresql_where=_OF_NEW_TICKET,
        ),
        Index(None, "updated_at"),
        Index(
            "ix_drafts_discarded",
            "updated_at",
            sqlite_where=DISCARDED,
            postgresql_where=DISCARDED,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES | exported_as("drafts")
    )
    ticket_id: Mapped[int | None] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), info=EXPORTED
    )
    internal: Mapped[bool] = mapped_column(default=False, info=EXPORTED)
    subject: Mapped[str] = mapped_column(String(250), default="", info=EXPORTED)
    message: Mapped[str] = mapped_column(Text, default="", info=EXPORTED)
    priority: Mapped[int | None] = mapped_column(SmallInteger, info=EXPORTED)
    replaced: Mapped[str] = mapped_column(Text, default="", info=EXPORTED)
    replaced_internal: Mapped[bool] = mapped_column(default=False, info=EXPORTED)
    discarded: Mapped[bool] = mapped_column(default=False, info=INTERNAL)
    version: Mapped[int] = mapped_column(default=1, info=INTERNAL)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=EXPORTED)
    model_digest: Mapped[str | None] = mapped_column(String(64), info=INTERNAL)


def text_digest(message: str) -> str:
    """Equal for texts that differ by white space alone."""
    return hashlib.sha256(" ".join(message.split()).encode()).hexdigest()
