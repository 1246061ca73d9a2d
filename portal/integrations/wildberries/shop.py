"""Wildberries' client: a page is up to a hundred cards, with their prices and stocks."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from portal import clock
from portal.integrations import values
from portal.integrations.asking import CHECK_SECONDS, PAGE_SECONDS, require_key
from portal.integrations.shop import Asked, Page, Problem, ShopError
from portal.integrations.wildberries import reading
from portal.integrations.wildberries.calls import LIMIT, PAUSE, Calls
from portal.integrations.wildberries.reading import Card

KEY = "wildberries_api_key"
CREDENTIALS: tuple[str, ...] = (KEY,)
_LAST_YEAR = 9999


def open_shop(secrets: Mapping[str, str]) -> "WildberriesShop":
    """Raises ShopError for a key that cannot be one, or whose time is over."""
    return WildberriesShop(require_key(secrets[KEY]))


class WildberriesShop:
    """One seller's. See `integrations.shop.Shop`."""

    def __init__(self, key: str) -> None:
        self.expires_at = expiry(key)
        if self.expires_at and self.expires_at <= clock.now():
            raise ShopError(Problem.EXPIRED)
        self._calls = Calls(key)
        # They are the same for every page of a turn.
        self._warehouses: dict[str, str] | None = None

    def check(self) -> datetime | None:
        self._calls.asker.begin(CHECK_SECONDS)
        said = self._calls.cards({}, limit=1)
        cards = _cards(values.members(said, "cards", asked=Asked.CARDS))
        self._warehouse_names()
        if cards:
            self._prices(cards)
        return self.expires_at

    def page(self, cursor: str) -> Page:
        self._calls.asker.begin(PAGE_SECONDS)
        said = self._calls.cards(json.loads(cursor) if cursor else {}, LIMIT)
        found = values.members(said, "cards", asked=Asked.CARDS)
        _require_whole(said, found)
        cards = _cards(found)
        prices = self._prices(cards)
        stocks = self._stocks(cards)
        items = (
            replace(card.item, stocks=reading.stocks(card, stocks), **prices.get(card.id, {}))
            for card in cards
        )
        following = None if len(found) < LIMIT else _cursor(said)
        unreadable = len(found) - len(cards)
        return Page(tuple(items), following, unreadable=unreadable, pause=PAUSE)

    def _prices(self, cards: Sequence[Card]) -> dict[int, dict[str, Any]]:
        if not cards:
            return {}
        said = self._calls.prices([card.id for card in cards])
        goods = values.members(said, "data", "listGoods", asked=Asked.PRICES)
        found = reading.prices(values.objects(goods))
        return {
            card.id: {"price": price.amount, "currency": price.currency}
            for card in cards
            if (price := found.get(card.item.external_id))
        }

    def _stocks(self, cards: Sequence[Card]) -> dict[str, dict[int, int]]:
        sizes = [size for card in cards for size in card.sizes]
        found: dict[str, dict[int, int]] = {}
        for warehouse_id, name in self._warehouse_names().items() if sizes else ():
            found[name] = {}
            for said in self._calls.stocks(warehouse_id, sizes):
                stocks = values.members(said, "stocks", asked=Asked.STOCKS)
                found[name] |= reading.amounts(values.objects(stocks))
        return found

    def _warehouse_names(self) -> dict[str, str]:
        if self._warehouses is None:
            said = {"warehouses": self._calls.warehouses()}
            named = values.members(said, "warehouses", asked=Asked.STOCKS)
            self._warehouses = reading.warehouses(named)
        return self._warehouses


def expiry(key: str) -> datetime | None:
    """Until when a key is good; None for one that does not say it. It is a JWT, unverified."""
    try:
        _head, payload, _signature = key.split(".")
        said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        ends = datetime.fromtimestamp(said["exp"], UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError):
        return None
    return ends if ends.year < _LAST_YEAR else None


def _cards(found: Sequence[Any]) -> list[Card]:
    cards = (reading.card(one) for one in found)
    return [card for card in cards if card is not None]


def _require_whole(said: dict[str, Any], found: Sequence[Any]) -> None:
    """Raises ShopError when it says that there are more cards in it than there are."""
    cursor = said.get("cursor")
    total = cursor.get("total") if isinstance(cursor, dict) else None
    if isinstance(total, int) and total > len(found):
        raise ShopError(Problem.ANSWER, "a part of a page", Asked.CARDS)


def _cursor(said: dict[str, Any]) -> str:
    """What leads to the next page. Raises ShopError."""
    found = said.get("cursor")
    moment, card_id = (
        (found.get("updatedAt"), found.get("nmID")) if isinstance(found, dict) else (None, None)
    )
    if not isinstance(moment, str) or len(moment) > 50 or not values.identifier(card_id):
        raise ShopError(Problem.ANSWER, "no cursor in it", Asked.CARDS)
    return json.dumps({"updatedAt": moment, "nmID": card_id})
