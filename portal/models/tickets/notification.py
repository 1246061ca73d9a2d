"""Notification: what a member of staff is told of on pages."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, INTERNAL, ROW_GOES, exported_as
from portal.models.base import BigId, Created, Model, UtcDateTime

# SQLite uses a partial index only for a query with the same words.
_UNREAD = text("read_at IS NULL")


class NotificationKind(StrEnum):
    """The names of the mails about the same, if there are any: those are declined on their own."""

    ASSIGNED = "assigned"
    MENTIONED = "mentioned"
    REPLIED = "customer_reply"
    RETURNED = "answer_returned"
    # A mail that names them as its sender waits until they say whether it is theirs.
    MAIL_HELD = "mail_held"
    MAIL_RETURNED = "mail_returned"
    # About the desk, not about a ticket: administrators are told.
    MAIL_STOPPED = "mail_stopped"
    MAIL_COMES_AGAIN = "mail_comes_again"


class Notification(Created, Model):
    """Who did it, and when, is in its event. Of a ticket and kind at most one is unread.

    One about a mail that waits, or about the desk itself, has neither ticket nor event.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("event_id", "user_id", "kind"),
        Index(None, "user_id", "id"),
        Index(
            "ix_notifications_unread",
            "user_id",
            "ticket_id",
            sqlite_where=_UNREAD,
            postgresql_where=_UNREAD,
        ),
        Index(None, "ticket_id"),
        Index(None, "inbound_message_id"),
        Index(None, "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES | exported_as("notifications")
    )
    kind: Mapped[str] = mapped_column(String(16), info=EXPORTED)
    ticket_id: Mapped[int | None] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), info=EXPORTED
    )
    event_id: Mapped[int | None] = mapped_column(
        ForeignKey("ticket_events.id", ondelete="CASCADE"), info=INTERNAL
    )
    inbound_message_id: Mapped[int | None] = mapped_column(
        ForeignKey("inbound_messages.id", ondelete="CASCADE"), info=INTERNAL
    )
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
