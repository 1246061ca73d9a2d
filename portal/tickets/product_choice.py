"""Products to choose for a ticket: public ids of a form, and what a search offers."""

from collections.abc import Sequence
from typing import NamedTuple

from portal.errors import Invalid
from portal.models.people import Actor
from portal.models.products.product import parse_id
from portal.queries.products import products
from portal.services.tickets.products import MAX_PRODUCTS
from portal.web.products.product_lines import ProductLine, product_line


class ProductChoice(NamedTuple):
    """`matches` are those that are marked already, then what the search `q` has found anew."""

    is_offered: bool = False
    q: str = ""
    matches: tuple[ProductLine, ...] = ()
    marked: frozenset[int] = frozenset()
    found: int = 0


NO_PRODUCTS = ProductChoice()


def product_choice(actor: Actor, words: Sequence[str], q: str) -> ProductChoice:
    """Of the reader's organization; `words` are public ids, of which the unknown are left out."""
    if not products.has_any(actor.organization_id):
        return NO_PRODUCTS
    ids = [of for word in words[:MAX_PRODUCTS] if (of := parse_id(word)) is not None]
    own = actor.organization_id
    marked = [row for row in products.by_ids(actor, ids) if row.organization_id == own]
    found = products.some(actor, own, q) if q.strip() else []
    chosen = frozenset(row.id for row in marked)
    rows = [*marked, *(row for row in found if row.id not in chosen)]
    return ProductChoice(
        is_offered=True,
        q=q[: products.MAX_QUERY],
        matches=tuple(map(product_line, rows)),
        marked=chosen,
        found=len(found),
    )


def product_ids(words: Sequence[str]) -> list[int]:
    """The ids of public ones. Raises Invalid."""
    found = [parse_id(word) for word in words[: MAX_PRODUCTS + 1]]
    if None in found:
        raise Invalid(products="unknown")
    if len(found) > MAX_PRODUCTS:
        raise Invalid(products="too_many")
    return [one for one in found if one is not None]
