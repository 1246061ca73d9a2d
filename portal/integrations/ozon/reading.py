"""Ozon's answers as plain values."""

from collections.abc import Iterable
from typing import Any

from portal.integrations import values
from portal.integrations.shop import Item, Stock
from portal.models.products.product import MAX_NAME, MAX_WORDS

# How it is called in Ozon's own pages.
_DELIVERIES = {"fbo": "FBO", "fbs": "FBS", "rfbs": "rFBS", "fbp": "FBP"}
_MAX_DELIVERY = 40


def item(said: dict[str, Any]) -> Item:
    """A product of `/v3/product/info/list`, without stocks."""
    amount, currency = values.price(said.get("price")), values.currency(said.get("currency_code"))
    priced = amount is not None and currency is not None
    sku = _sku(said)
    return Item(
        external_id=values.identifier(said.get("id")),
        article=values.text(said.get("offer_id"), MAX_WORDS),
        name=values.text(said.get("name"), MAX_NAME),
        picture_url=_picture(said.get("primary_image")) or _picture(said.get("images")),
        shop_url=f"https://www.ozon.ru/product/{sku}/" if sku else "",
        price=amount if priced else None,
        currency=currency if priced else None,
    )


def stocks(said: Iterable[dict[str, Any]]) -> dict[str, tuple[Stock, ...]]:
    """Stocks by kind of delivery, by product."""
    return {
        product_id: _summed(one.get("stocks"))
        for one in said
        if (product_id := values.identifier(one.get("product_id")))
    }


def _summed(said: object) -> tuple[Stock, ...]:
    """One for each kind: a product may have several SKUs of a kind."""
    found: dict[str, Stock] = {}
    for one in values.objects(said):
        word = values.text(one.get("type"), _MAX_DELIVERY)
        name = _DELIVERIES.get(word, word)
        before = found.get(name, Stock(name, 0, 0))
        present, reserved = values.count(one.get("present")), values.count(one.get("reserved"))
        if name:
            found[name] = Stock(
                name,
                values.count(before.present + present),
                values.count(before.reserved + reserved),
            )
    return tuple(found.values())


def _sku(said: dict[str, Any]) -> str:
    sources = values.objects(said.get("sources"))
    words = (values.identifier(one.get("sku")) for one in (said, *sources))
    return next((word for word in words if word.isdigit()), "")


def _picture(said: object) -> str:
    """The first of a list; older answers have one address."""
    return values.url(said[0] if isinstance(said, list) and said else said)
