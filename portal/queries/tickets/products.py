"""The products that a ticket is about."""

from sqlalchemy import select

from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Ticket, TicketProduct
from portal.queries.products import products
from portal.queries.products.products import ProductRow


def of_ticket(actor: Actor, ticket: Ticket) -> list[ProductRow]:
    """Those that `actor` sees, by name: customers see none of another organization."""
    query = select(TicketProduct.product_id).where(TicketProduct.ticket_id == ticket.id)
    return products.by_ids(actor, db.session.scalars(query).all())
