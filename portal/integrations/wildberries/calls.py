"""The calls of Wildberries' APIs that are used, with their limits."""

from collections.abc import Iterator, Sequence
from typing import Any

from portal.integrations.asking import Asker, words_of
from portal.integrations.shop import Asked, Problem, ShopBusy, ShopError

CONTENT_URL = "https://content-api.wildberries.ru"
PRICES_URL = "https://discounts-prices-api.wildberries.ru"
MARKETPLACE_URL = "https://marketplace-api.wildberries.ru"
# Of cards in a page.
LIMIT = 100
# 100 requests a minute for cards and for prices, of which a 409 counts as ten.
PAUSE = 0.6
_AFTER_409 = 10 * PAUSE
# Of sizes in one question about stocks.
_SIZES = 1000
WAIT_HEADERS = ("x-ratelimit-retry", "retry-after", "x-ratelimit-reset")


class Calls:
    """Each raises ShopError and ShopBusy."""

    def __init__(self, key: str) -> None:
        self.asker = Asker({"Authorization": key}, WAIT_HEADERS)

    def cards(self, cursor: dict[str, Any], limit: int) -> Any:
        """Those that were changed first come first: what changes meanwhile comes once more."""
        settings = {
            "sort": {"ascending": True},
            "cursor": {"limit": limit, **cursor},
            "filter": {"withPhoto": -1},
        }
        url = f"{CONTENT_URL}/content/v2/get/cards/list"
        return self._post(url, {"settings": settings}, Asked.CARDS)

    def prices(self, card_ids: Sequence[int]) -> Any:
        url = f"{PRICES_URL}/api/v2/list/goods/filter"
        return self._post(url, {"nmList": list(card_ids)}, Asked.PRICES)

    def warehouses(self) -> Any:
        url = f"{MARKETPLACE_URL}/api/v3/warehouses"
        return self._checked(self.asker.get(url, Asked.STOCKS), Asked.STOCKS)

    def stocks(self, warehouse_id: str, size_ids: Sequence[int]) -> Iterator[Any]:
        """An answer for each thousand of sizes."""
        url = f"{MARKETPLACE_URL}/api/v3/stocks/{warehouse_id}"
        for start in range(0, len(size_ids), _SIZES):
            body = {"chrtIds": list(size_ids[start : start + _SIZES])}
            yield self._post(url, body, Asked.STOCKS)

    def _post(self, url: str, body: object, asked: Asked) -> Any:
        try:
            return self._checked(self.asker.post(url, body, asked), asked)
        except ShopError as error:
            if error.detail.startswith("HTTP 409"):
                raise ShopBusy(_AFTER_409) from None
            raise

    def _checked(self, said: Any, asked: Asked) -> Any:
        """`said`, unless it is an error that came with status 200."""
        if isinstance(said, dict) and said.get("error"):
            detail = self.asker.without_keys(words_of(said))
            raise ShopError(Problem.SHOP, detail, asked)
        return said
