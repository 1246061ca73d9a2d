"""The products that a ticket is about, as its page shows them to one reader."""

from typing import NamedTuple

from flask import url_for

from portal.models.people import Actor
from portal.models.tickets import Ticket
from portal.queries.paging import AnyRow
from portal.queries.products import products
from portal.queries.tickets import products as ticket_products
from portal.security import permissions
from portal.web.products.product_lines import ProductLine, product_line


class ProductCard(NamedTuple):
    """`tickets_url` lists all tickets about it. `remove_url`: for who may do that."""

    line: ProductLine
    tickets_url: str
    remove_url: str = ""


class ProductCards(NamedTuple):
    """`find_url` is for who may name one, where the organization has any."""

    cards: tuple[ProductCard, ...] = ()
    find_url: str = ""


def product_cards(actor: Actor, ticket: Ticket, head: AnyRow) -> ProductCards:
    """`head` is the row of `queries.tickets.tickets.details`. Staff see stocks by warehouse."""
    rows = ticket_products.of_ticket(actor, ticket) if head.has_products else []
    stocks = products.stocks([row.id for row in rows]) if actor.is_staff else {}
    may = permissions.can_name_products(actor, ticket) and not ticket.is_closed
    list_url = url_for("tickets.queue" if actor.is_staff else "tickets.index")
    state = "view" if actor.is_staff else "state"

    def card(line: ProductLine) -> ProductCard:
        remove = url_for("tickets.remove_product", number=ticket.number, product=line.number)
        return ProductCard(
            line, f"{list_url}?product={line.number}&{state}=all", remove if may else ""
        )

    find_url = url_for("tickets.find_products", number=ticket.number)
    return ProductCards(
        tuple(card(product_line(row, stocks.get(row.id, ()))) for row in rows),
        find_url if may and head.offers_products else "",
    )
