"""TicketRead: up to which comment a member of staff has read a ticket."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, ROW_GOES, exported_as
from portal.models.base import BigId, Model


class TicketRead(Model):
    """No row: nothing of it was read. Goes with the person, and with the ticket."""

    __tablename__ = "ticket_reads"
    # A ticket that is deleted looks for its rows.
    __table_args__ = (Index(None, "ticket_id"),)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        info=ROW_GOES | exported_as("read_tickets"),
    )
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, info=EXPORTED
    )
    last_comment_id: Mapped[int] = mapped_column(BigId, info=EXPORTED)
