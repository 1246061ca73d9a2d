"""TicketEvent: who did what to a ticket, and when. Append-only."""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Created, Model
from portal.models.marks import NUMBER, by_rule


class EventKind(StrEnum):
    """What happened. `data` carries {"from", "to"} for changes of one value.

    Beside a rating it has the requester's "comment", blanked when they are forgotten.
    """

    FILED = "filed"
    IMPORTED = "imported"
    COMMENTED = "commented"
    NOTED = "noted"
    STATUS = "status"
    PRIORITY = "priority"
    ASSIGNEE = "assignee"
    TAGS = "tags"
    SUBJECT = "subject"
    RATED = "rated"
    DELETED = "deleted"
    RESTORED = "restored"


INTERNAL_KINDS = frozenset({EventKind.NOTED, EventKind.TAGS, EventKind.DELETED, EventKind.RESTORED})


class TicketEvent(Created, Model):
    """One row for each acknowledged change; mail and webhooks hang on it."""

    __tablename__ = "ticket_events"
    __table_args__ = (Index(None, "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), info=NUMBER)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, info=by_rule("the name of an assignee, and words beside a rating")
    )
