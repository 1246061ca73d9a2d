"""AssistanceAct: a property of a ticket that the desk has set by itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Created, Model, UtcDateTime


class AssistanceAct(Created, Model):
    """`value` was set instead of `before`, since so many percent of suggestions like it were right.

    Once for each target of a ticket: what somebody has undone is not done again. `assignee_id` is
    who got the ticket with its department.
    """

    __tablename__ = "assistance_acts"

    ticket_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    target: Mapped[str] = mapped_column(String(16), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    assignee_id: Mapped[int | None] = mapped_column(BigId)
    percent: Mapped[int] = mapped_column(SmallInteger)
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
