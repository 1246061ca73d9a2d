"""UnassistedTicket: a new ticket whose properties the desk may set by itself."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import DELETE_ALL_ROWS, after_restore
from portal.models.base import BigId, Created, Model


class UnassistedTicket(Created, Model):
    """Written with the ticket, deleted in the transaction of what is set by whoever looks at it."""

    __tablename__ = "unassisted_tickets"
    # They were new before the backup: somebody has looked at them since.
    __table_args__ = (after_restore(DELETE_ALL_ROWS),)

    ticket_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
