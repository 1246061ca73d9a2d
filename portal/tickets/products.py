"""Which products a ticket is about: looking for some, naming them, and taking one off."""

from typing import Any

from flask import Response, flash, request
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import or_not_found
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.models.products.product import parse_id
from portal.models.tickets import Ticket
from portal.queries.products import products as queries
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.tickets import products as services
from portal.tickets import bp
from portal.tickets.product_choice import product_ids
from portal.tickets.properties import changing
from portal.tickets.thread import after_change
from portal.web.fragments import page_or_fragment
from portal.web.people.sessions import actor
from portal.web.products.product_lines import product_line


@bp.get("/<number>/products")
def find_products(number: str) -> Response:
    """Products of the ticket's organization that match what was typed, to name them."""
    ticket = ticket_queries.find(actor(), number)
    permissions.require(permissions.can_name_products(actor(), ticket))
    return _found(ticket)


@bp.post("/<number>/products")
def name_products(number: str) -> AnyResponse | str:
    ids = product_ids(request.form.getlist("products"))
    if not ids:
        ticket = ticket_queries.find(actor(), number)
        permissions.require(permissions.can_name_products(actor(), ticket))
        return _found(ticket, status=422, problem=_("Choose at least one."))
    with changing(number) as ticket:
        services.add(actor=actor(), ticket=ticket, ids=ids)
    flash(_("The ticket is about these products now."), "success")
    return after_change(ticket)


@bp.post("/<number>/products/<product>/remove")
def remove_product(number: str, product: str) -> AnyResponse | str:
    product_id = or_not_found(parse_id(product))
    with changing(number) as ticket:
        services.remove(actor=actor(), ticket=ticket, product_id=product_id)
    flash(_("The ticket is not about this product any more."), "success")
    return after_change(ticket)


def _found(ticket: Ticket, status: int = 200, problem: str = "") -> Response:
    q = request.values.get("q", "")
    rows = queries.some(actor(), ticket.organization_id, q) if q.strip() else []
    values: dict[str, Any] = {
        "ticket": ticket,
        "q": q[: queries.MAX_QUERY],
        "matches": [product_line(row) for row in rows],
        "problem": problem,
    }
    said = ngettext("%(num)d product fits", "%(num)d products fit", len(rows))
    return page_or_fragment(
        "tickets/products/find.html",
        "tickets/products/_matches.html",
        status=status,
        said=said,
        **values,
    )
