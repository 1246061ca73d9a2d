"""The table of products: for staff those of all organizations, for a customer their own's."""

from collections.abc import Iterator
from urllib.parse import parse_qsl

from sqlalchemy import func, select

from portal.i18n import lazy_gettext as _
from portal.models.organizations import Organization
from portal.models.organizations.organization import format_id as format_organization
from portal.models.products import Product
from portal.models.products.product import format_id
from portal.queries.operations.export_tables.columns import Column, Reading, by_name
from portal.queries.operations.export_tables.reading import Batch, Scope, by_id, execute, read
from portal.queries.products.products import Availability, ProductFilter, matching

_ORGANIZATION_NAME = Organization.name.label("organization_name")
OF_PRODUCTS = by_name(
    Column("id", _("Number"), (Product.id,), format_id),
    Column("marketplace", _("Marketplace"), (Product.marketplace,)),
    Column("external_id", _("Number there"), (Product.external_id,)),
    Column("article", _("Article"), (Product.article,)),
    Column("name", _("Name"), (Product.name,)),
    Column("brand", _("Brand"), (Product.brand,)),
    Column("category", _("Category"), (Product.category,)),
    Column("price", _("Price"), (Product.price,)),
    Column("currency", _("Currency"), (Product.currency,)),
    Column("stock", _("Stock"), (Product.stock,)),
    Column("shop_url", _("Address in the shop"), (Product.shop_url,)),
    Column(
        "organization_id",
        _("Organization's number"),
        (Product.organization_id,),
        format_organization,
        usual=False,
    ),
    Column("organization_name", _("Organization"), (_ORGANIZATION_NAME,), usual=False),
    Column("first_seen_at", _("First seen at"), (Product.first_seen_at,)),
    Column("changed_at", _("Changed at"), (Product.changed_at,)),
    Column("gone_at", _("Gone at"), (Product.gone_at,)),
)


def products(scope: Scope, reading: Reading) -> Iterator[Batch]:
    """Products that were first seen in the period; `scope.query` as the list's address has it."""
    args = dict(parse_qsl(scope.query))
    wanted = ProductFilter.from_args({"availability": Availability.ALL.value, **args})
    which = (*matching(scope.actor, wanted), *scope.period(Product.first_seen_at))
    query = (
        select(Product.id, *reading.columns)
        .join(Organization, Organization.id == Product.organization_id)
        .where(*which)
    )
    top = execute(select(func.max(Product.id)).where(*which), {})[0][0] or 0
    return read(by_id(query, Product.id), reading, top)
