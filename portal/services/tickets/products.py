"""Which products tickets are about."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, select

from portal.bulk_statements import execute_bulk
from portal.errors import Invalid, TicketClosed
from portal.extensions import db
from portal.models.people import Actor
from portal.models.products import Product
from portal.models.tickets import EventKind, Ticket, TicketProduct
from portal.queries.products.products import visible_to
from portal.security import permissions
from portal.services.tickets import changes, events

MAX_PRODUCTS = 20


def name_first(*, actor: Actor, ticket: Ticket, ids: Collection[int]) -> None:
    """Say which products a ticket is about that is being filed: no change. Raises Invalid."""
    if ids:
        _require_of_ticket(actor, ticket, ids)
        _require_few(len(set(ids)))
        _insert(ticket, set(ids))


def add(*, actor: Actor, ticket: Ticket, ids: Collection[int]) -> bool:
    """Name these, too; returns whether there is a new one. Raises Forbidden, Invalid, TicketClosed.

    The caller has locked the ticket.
    """
    present = {product.id for product in _seen(actor, ticket)}
    return _set(actor, ticket, present | set(ids))


def remove(*, actor: Actor, ticket: Ticket, product_id: int) -> bool:
    """Name it no more; returns whether it was named. Raises Forbidden, TicketClosed."""
    present = {product.id for product in _seen(actor, ticket)}
    return _set(actor, ticket, present - {product_id})


def replace(*, actor: Actor, ticket: Ticket, ids: Collection[int]) -> bool:
    """Name exactly these; returns whether that is a change. Raises as `add` does.

    Those that `actor` does not see stay.
    """
    return _set(actor, ticket, set(ids))


def _set(actor: Actor, ticket: Ticket, wanted: set[int]) -> bool:
    permissions.require(permissions.can_name_products(actor, ticket))
    seen = _seen(actor, ticket)
    present = {product.id for product in seen}
    if wanted == present:
        return False
    if ticket.is_closed:
        raise TicketClosed
    _require_of_ticket(actor, ticket, wanted - present)
    _require_few(len(wanted))
    _insert(ticket, wanted - present)
    dropped = TicketProduct.product_id.in_(present - wanted)
    execute_bulk(delete(TicketProduct).where(TicketProduct.ticket_id == ticket.id, dropped))
    data = {"from": _entries(seen), "to": _entries(_seen(actor, ticket))}
    changes.bump_version(ticket, EventKind.PRODUCTS)
    events.record(actor=actor, ticket=ticket, kind=EventKind.PRODUCTS, data=data)
    return True


def _seen(actor: Actor, ticket: Ticket) -> list[Product]:
    """Those of the ticket that `actor` sees, by name."""
    query = select(Product).join(TicketProduct).where(TicketProduct.ticket_id == ticket.id)
    found = query.where(visible_to(actor)).order_by(Product.name, Product.id)
    return list(db.session.scalars(found))


def _require_of_ticket(actor: Actor, ticket: Ticket, ids: Collection[int]) -> None:
    """Raises Invalid for a product of another organization than the ticket's, as for none."""
    query = select(Product.id).where(Product.id.in_(ids), visible_to(actor))
    found = query.where(Product.organization_id == ticket.organization_id)
    if set(ids) - set(db.session.scalars(found)):
        raise Invalid(products="unknown")


def _require_few(number: int) -> None:
    if number > MAX_PRODUCTS:
        raise Invalid(products="too_many")


def _insert(ticket: Ticket, ids: Collection[int]) -> None:
    db.session.add_all(TicketProduct(ticket_id=ticket.id, product_id=of) for of in sorted(ids))
    db.session.flush()


def _entries(products: Collection[Product]) -> list[dict[str, Any]]:
    """As the history keeps them: they may be called otherwise later, or be no more."""
    return [
        {"id": one.id, "name": one.name or one.article, "organization": one.organization_id}
        for one in products
    ]
