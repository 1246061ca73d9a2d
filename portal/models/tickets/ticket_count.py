"""TicketCount: numbers of tickets by status, priority and assignee, updated with every change.

Counting the tickets for each page would take time in proportion to their number.
"""

from sqlalchemy import SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model

UNASSIGNED = 0


class TicketCount(Model):
    """`assignee_id` is UNASSIGNED (0) for none, as a key column cannot be NULL."""

    __tablename__ = "ticket_counts"

    status: Mapped[str] = mapped_column(String(16), primary_key=True)
    priority: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    assignee_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    tickets: Mapped[int] = mapped_column(default=0)
    # Those whose requester waits for an answer. The default of the database is for older code.
    waiting: Mapped[int] = mapped_column(default=0, server_default="0")
