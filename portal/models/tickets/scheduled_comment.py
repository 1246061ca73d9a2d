"""ScheduledComment: an answer by staff that has not left: no customer sees any of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, INTERNAL, ROW_GOES, after_restore, exported_as
from portal.models.base import BigId, Created, Model, UtcDateTime


class ScheduledState(StrEnum):
    """`returned`: it will not leave; its author may go on writing, or throw it away."""

    WAITING = "waiting"
    RETURNED = "returned"


class ReasonReturned(StrEnum):
    """Why an answer did not leave."""

    CUSTOMER_WROTE = "customer_wrote"
    CANCELLED = "cancelled"
    TICKET_CLOSED = "ticket_closed"
    TRASHED = "trashed"
    AUTHOR_LEFT = "author_left"
    RESTORED = "restored"


# They may have left since the backup was made.
_RETURN_WAITING = (
    "UPDATE {table} SET state = 'returned', reason = 'restored' WHERE state = 'waiting'"
)


class ScheduledComment(Created, Model):
    """`message` as written. It becomes a comment at `due_at`, and sets `status` if there is one.

    `later`: its author has chosen the time; else it waits for as long as a slip can be undone. The
    row goes when the comment is posted, in the same transaction.
    """

    __tablename__ = "scheduled_comments"
    __table_args__ = (
        Index(None, "ticket_id", "due_at"),
        Index(None, "state", "due_at"),
        Index(None, "user_id"),
        # No id is given twice: an answer that has left must not be taken for a later one.
        {"sqlite_autoincrement": True, **after_restore(_RETURN_WAITING)},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), info=EXPORTED
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES | exported_as("scheduled_answers")
    )
    message: Mapped[str] = mapped_column(Text, info=EXPORTED)
    status: Mapped[str | None] = mapped_column(String(16), info=EXPORTED)
    later: Mapped[bool] = mapped_column(default=False, info=EXPORTED)
    state: Mapped[str] = mapped_column(String(16), default=ScheduledState.WAITING, info=EXPORTED)
    reason: Mapped[str | None] = mapped_column(String(32), info=EXPORTED)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, info=EXPORTED)
    # The request that scheduled it, so that its log lines can be found.
    request_id: Mapped[str | None] = mapped_column(String(64), info=INTERNAL)
