"""A product as lists and cards show it. Pictures of shops are not loaded: see the decision."""

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlsplit

from babel.numbers import format_currency, format_decimal

from portal import i18n
from portal.models.organizations.marketplace import MARKETPLACE_LABELS
from portal.models.products.product import format_id
from portal.queries.products.products import ProductRow, Stock


class ProductLine(NamedTuple):
    """`price` is empty for none that is known, `shop_url` for one that is no safe address."""

    id: int
    number: str
    name: str
    article: str
    brand: str
    marketplace: str
    price: str
    stock: int
    is_gone: bool
    shop_url: str
    stocks: tuple[Stock, ...] = ()


def product_line(row: ProductRow, stocks: Sequence[Stock] = ()) -> ProductLine:
    return ProductLine(
        id=row.id,
        number=format_id(row.id),
        name=product_name(row),
        article=row.article,
        brand=row.brand,
        marketplace=str(MARKETPLACE_LABELS.get(row.marketplace, row.marketplace)),
        price=_price(row.price, row.currency),
        stock=row.stock,
        is_gone=row.is_gone,
        shop_url=_safe(row.shop_url),
        stocks=tuple(stocks),
    )


def product_name(row: ProductRow) -> str:
    """What to call it: shops have cards without a name."""
    return row.name or row.article or row.external_id


def _price(amount: Decimal | None, currency: str | None) -> str:
    if amount is None:
        return ""
    locale = i18n.current_locale()
    if currency is None:
        return str(format_decimal(amount, locale=locale))
    return str(format_currency(amount, currency, locale=locale))


def _safe(url: str) -> str:
    """`url` if a browser may go there: what a shop has sent is anybody's text."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme == "https" and parts.hostname else ""
