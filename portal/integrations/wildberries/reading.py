"""Wildberries' answers as plain values."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from portal.integrations import values
from portal.integrations.shop import Item, Stock
from portal.models.products.product import MAX_NAME, MAX_WORDS
from portal.models.products.product_stock import MAX_WAREHOUSE


class Price(NamedTuple):
    amount: Decimal | None
    currency: str | None


class Card(NamedTuple):
    """`sizes` are the ids by which stocks are kept."""

    id: int
    item: Item
    sizes: tuple[int, ...]


def card(said: object) -> Card | None:
    """None for what has no id."""
    if not isinstance(said, dict):
        return None
    card_id = values.identifier(said.get("nmID"))
    if not card_id.isdigit():
        return None
    item = Item(
        external_id=card_id,
        article=values.text(said.get("vendorCode"), MAX_WORDS),
        name=values.text(said.get("title"), MAX_NAME),
        brand=values.text(said.get("brand"), MAX_WORDS),
        category=values.text(said.get("subjectName"), MAX_WORDS),
        picture_url=_picture(said),
        shop_url=f"https://www.wildberries.ru/catalog/{card_id}/detail.aspx",
    )
    sizes = (values.identifier(size.get("chrtID")) for size in values.objects(said.get("sizes")))
    return Card(int(card_id), item, tuple(int(size) for size in sizes if size.isdigit()))


def prices(goods: Iterable[dict[str, Any]]) -> dict[str, Price]:
    """The lowest price of each card, with the seller's discount, by the card's id."""
    found = {}
    for one in goods:
        amounts = [
            amount
            for size in values.objects(one.get("sizes"))
            if (amount := values.price(size.get("discountedPrice", size.get("price")))) is not None
        ]
        currency = values.currency(one.get("currencyIsoCode4217"))
        if amounts and currency:
            found[values.identifier(one.get("nmID"))] = Price(min(amounts), currency)
    return found


def warehouses(said: Iterable[Any]) -> dict[str, str]:
    """Names by id, each name once."""
    found: dict[str, str] = {}
    for one in values.objects(list(said)):
        if warehouse_id := values.identifier(one.get("id")):
            name = values.text(one.get("name"), MAX_WAREHOUSE) or warehouse_id
            taken = name in found.values()
            found[warehouse_id] = (
                f"{name[: MAX_WAREHOUSE - len(warehouse_id) - 1]} {warehouse_id}" if taken else name
            )
    return found


def amounts(stocks: Iterable[dict[str, Any]]) -> dict[int, int]:
    """Pieces by size."""
    return {
        int(size): values.count(one.get("amount"))
        for one in stocks
        if (size := values.identifier(one.get("chrtId"))).isdigit()
    }


def stocks(card: Card, by_warehouse: Mapping[str, Mapping[int, int]]) -> tuple[Stock, ...]:
    """What there is of a card, in the warehouses that know one of its sizes."""
    return tuple(
        Stock(name, values.count(sum(kept[size] for size in card.sizes if size in kept)))
        for name, kept in by_warehouse.items()
        if any(size in kept for size in card.sizes)
    )


def _picture(said: dict[str, Any]) -> str:
    first = next(values.objects(said.get("photos")), {})
    return values.url(first.get("c246x328")) or values.url(first.get("big"))
