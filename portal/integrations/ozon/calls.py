"""The calls of Ozon's Seller API that are used."""

from collections.abc import Sequence
from typing import Any

from portal.integrations.asking import Asker, words_of
from portal.integrations.shop import Asked, Problem, ShopError

URL = "https://api-seller.ozon.ru"
# Of products in a page; the API allows a thousand.
LIMIT = 500


class Calls:
    """Each raises ShopError and ShopBusy."""

    def __init__(self, client_id: str, key: str) -> None:
        self.asker = Asker({"Client-Id": client_id, "Api-Key": key})

    def product_list(self, last_id: str, limit: int = LIMIT) -> Any:
        body = {"filter": {"visibility": "ALL"}, "last_id": last_id, "limit": limit}
        return self._post("/v3/product/list", body, Asked.CARDS)

    def products(self, product_ids: Sequence[str]) -> Any:
        """Cards with prices."""
        return self._post("/v3/product/info/list", {"product_id": list(product_ids)}, Asked.PRICES)

    def stocks(self, product_ids: Sequence[str]) -> Any:
        body = {
            "filter": {"product_id": list(product_ids), "visibility": "ALL"},
            "cursor": "",
            "limit": len(product_ids),
        }
        return self._post("/v4/product/info/stocks", body, Asked.STOCKS)

    def _post(self, path: str, body: object, asked: Asked) -> Any:
        said = self.asker.post(f"{URL}{path}", body, asked)
        # An error may come with status 200.
        if isinstance(said, dict) and "code" in said and "message" in said:
            raise ShopError(Problem.SHOP, self.asker.without_keys(words_of(said)), asked)
        return said
