"""UnlearnedTicket: a ticket that may have to be learned, learned anew, or forgotten."""

from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model


class UnlearnedTicket(Model):
    """Written in the transaction of the change, deleted in that of the learning.

    Rows are only added, so that no writer waits for the learning.
    """

    __tablename__ = "unlearned_tickets"
    # Ids are never reused: learning deletes those that it has read.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId)
