"""TicketViewer: who sees a ticket whatever its department is.

Asked for those alone who see only the tickets of their own departments: a note that names somebody
asks them to read it, and who has written in a ticket may follow it.
"""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import NOT_THEIRS, ROW_GOES
from portal.models.base import Model


class TicketViewer(Model):
    """A member of staff, and a ticket in which they were named or have written."""

    __tablename__ = "ticket_viewers"
    __table_args__ = (Index(None, "ticket_id"),)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, info=ROW_GOES | NOT_THEIRS
    )
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True
    )
