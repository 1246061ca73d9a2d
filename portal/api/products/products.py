"""`/products`: what an organization sells at marketplaces."""

from typing import Any

from flask import Response

from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience
from portal.api.products.product_schemas import ProductPageSchema, ProductQuery
from portal.api.responses import list_response
from portal.errors import TooBroad
from portal.models.organizations.organization import format_id as format_organization
from portal.models.products.product import format_id
from portal.queries.paging import parse_id_cursor
from portal.queries.products import products as queries
from portal.queries.products.products import ProductFilter, ProductRow, Stock


@bp.serve(
    "GET",
    "/products",
    to=Audience.SIGNED_IN,
    tag="products",
    query=ProductQuery,
    gives=ProductPageSchema,
    fails=[TooBroad],
)
def list_products(*, query: dict[str, Any]) -> Response:
    """The products of one's organization, by name; for staff those of all organizations.

    They are as the last sync has found them.
    """
    page = queries.page(
        actor(),
        ProductFilter.from_args(query),
        cursor=parse_id_cursor(query.get("cursor")),
        size=query["limit"],
    )
    stocks = queries.stocks([row.id for row in page.rows])
    return list_response([_json(row, stocks[row.id]) for row in page.rows], page.next)


def _json(row: ProductRow, stocks: list[Stock]) -> dict[str, Any]:
    same = (
        *("marketplace", "external_id", "article", "name", "brand", "category", "currency"),
        *("stock", "shop_url", "picture_url", "is_gone", "changed_at"),
    )
    return {
        "id": format_id(row.id),
        **{name: getattr(row, name) for name in same},
        "price": None if row.price is None else f"{row.price:.2f}",
        "stocks": [stock._asdict() for stock in stocks],
        "organization": format_organization(row.organization_id),
    }
