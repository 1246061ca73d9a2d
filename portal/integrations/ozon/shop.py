"""Ozon's client: a page is some hundred products, with their prices and stocks."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from portal.integrations import values
from portal.integrations.asking import CHECK_SECONDS, PAGE_SECONDS, require_key
from portal.integrations.ozon import reading
from portal.integrations.ozon.calls import Calls
from portal.integrations.shop import Asked, Item, Page, Problem, ShopError

CLIENT_ID, KEY = "ozon_client_id", "ozon_api_key"
CREDENTIALS: tuple[str, ...] = (CLIENT_ID, KEY)
# No database keeps surrogates, and not every one NUL.
_CURSOR = re.compile(r"[\x20-\x7e]{1,1000}", re.ASCII)


def open_shop(secrets: Mapping[str, str]) -> "OzonShop":
    """Raises ShopError for a key that cannot be one."""
    return OzonShop(require_key(secrets[CLIENT_ID]), require_key(secrets[KEY]))


class OzonShop:
    """One seller's. See `integrations.shop.Shop`."""

    def __init__(self, client_id: str, key: str) -> None:
        self._calls = Calls(client_id, key)

    def check(self) -> datetime | None:
        self._calls.asker.begin(CHECK_SECONDS)
        said = self._calls.product_list("", limit=1)
        found = values.members(said, "result", "items", asked=Asked.CARDS)
        ids = [values.identifier(one.get("product_id")) for one in values.objects(found)]
        if any(ids):
            values.members(self._calls.products(ids), "items", asked=Asked.PRICES)
            values.members(self._calls.stocks(ids), "items", asked=Asked.STOCKS)
        return None

    def page(self, cursor: str) -> Page:
        self._calls.asker.begin(PAGE_SECONDS)
        said = self._calls.product_list(cursor)
        found = values.members(said, "result", "items", asked=Asked.CARDS)
        named = [values.identifier(one.get("product_id")) for one in values.objects(found)]
        ids = list(dict.fromkeys(filter(None, named)))
        items = self._items(ids) if ids else ()
        total = said["result"].get("total")
        return Page(
            items,
            self._following(said["result"].get("last_id")) if found else None,
            cardless=tuple(sorted({*ids} - {item.external_id for item in items})),
            unreadable=len(found) - len(list(filter(None, named))),
            total=values.count(total) if isinstance(total, int) else None,
        )

    def _items(self, ids: Sequence[str]) -> tuple[Item, ...]:
        products = values.members(self._calls.products(ids), "items", asked=Asked.PRICES)
        kept = values.members(self._calls.stocks(ids), "items", asked=Asked.STOCKS)
        stocks = reading.stocks(values.objects(kept))
        items = (reading.item(one) for one in values.objects(products))
        return tuple(
            replace(item, stocks=stocks.get(item.external_id, ()))
            for item in items
            if item.external_id in ids
        )

    def _following(self, last_id: object) -> str | None:
        """The cursor of the next page; None after the last. Raises ShopError."""
        if last_id in ("", None):
            return None
        if not isinstance(last_id, str) or not _CURSOR.fullmatch(last_id):
            raise ShopError(Problem.ANSWER, "no cursor in it", Asked.CARDS)
        return last_id
