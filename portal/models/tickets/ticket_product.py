"""TicketProduct: a product that a ticket is about."""

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model


class TicketProduct(Model):
    """Read by ticket, and by product with the newest ticket first.

    The product is of the organization that the ticket had when somebody named it.
    """

    __tablename__ = "ticket_products"
    __table_args__ = (Index(None, "product_id", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True
    )
    product_id: Mapped[int] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), primary_key=True
    )
