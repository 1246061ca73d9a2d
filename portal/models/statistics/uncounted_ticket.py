"""UncountedTicket: a ticket that has changed since it was last counted."""

from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model


class UncountedTicket(Model):
    """Written in the transaction of the change, deleted in that of the counting.

    Rows are only added, so that no writer waits for the counting.
    """

    __tablename__ = "uncounted_tickets"
    # Ids are never reused: the counting deletes those that it has read.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigId)
