"""Ozon on loopback: the calls of its Seller API that are used.

It wants both headers, POST, known fields and its limits.
"""

from typing import Any

from tests.marketplaces.server import Asked, Marketplace, Refused

CLIENT_ID, KEY = "48151", "d0c5e1f0-ozon-key"


def product(number: int, **columns: Any) -> dict[str, Any]:
    return {
        "id": 2000 + number,
        "offer_id": f"B-{number}",
        "name": f"Lamp {number}",
        "price": "1390.0000",
        "currency_code": "RUB",
        "primary_image": [f"https://pictures.example/{number}.jpg"],
        "sources": [{"sku": 9_000_000 + number, "source": "sds"}],
        **columns,
    }


class Ozon(Marketplace):
    """`stocks` by product: what stands in `stocks` there."""

    def __init__(self, products: int = 0, page: int = 500) -> None:
        super().__init__()
        self.products = [product(number) for number in range(products)]
        self.stocks: dict[int, Any] = {}
        self.page = page
        self.total: object = None
        self.routes = {
            "/v3/product/list": self._list,
            "/v3/product/info/list": self._info,
            "/v4/product/info/stocks": self._stocks,
        }

    def _list(self, asked: Asked) -> object:
        body = self._body(asked, {"filter", "last_id", "limit"})
        if body["filter"] != {"visibility": "ALL"} or not 1 <= body["limit"] <= 1000:
            raise Refused(400, {"code": 3, "message": "filter or limit", "details": []})
        start = int(body["last_id"] or 0)
        found = self.products[start : start + min(body["limit"], self.page)]
        items = [{"product_id": one["id"], "offer_id": one["offer_id"]} for one in found]
        total = len(self.products) if self.total is None else self.total
        last_id = str(start + len(found)) if found else ""
        return {"result": {"items": items, "total": total, "last_id": last_id}}

    def _info(self, asked: Asked) -> object:
        wanted = self._ids(self._body(asked, {"product_id"})["product_id"])
        return {"items": [one for one in self.products if one["id"] in wanted]}

    def _stocks(self, asked: Asked) -> object:
        body = self._body(asked, {"filter", "cursor", "limit"})
        if body["filter"].keys() != {"product_id", "visibility"} or body["cursor"] != "":
            raise Refused(400, {"code": 3, "message": "filter", "details": []})
        wanted = self._ids(body["filter"]["product_id"])
        items = [{"product_id": n, "stocks": s} for n, s in self.stocks.items() if n in wanted]
        return {"items": items, "total": len(items), "cursor": ""}

    def _ids(self, said: object) -> set[int]:
        if not isinstance(said, list) or not 1 <= len(said) <= 1000:
            raise Refused(400, {"code": 3, "message": "product_id", "details": []})
        return {int(one) for one in said}

    def _body(self, asked: Asked, fields: set[str]) -> Any:
        if asked.method != "POST":
            raise Refused(405, {"code": 12, "message": "method not allowed", "details": []})
        held = asked.headers.get("client-id"), asked.headers.get("api-key")
        if held != (CLIENT_ID, KEY):
            said = {"code": 7, "message": "Invalid Api-Key, please contact support", "details": []}
            raise Refused(403, said)
        if not isinstance(asked.body, dict) or asked.body.keys() != fields:
            raise Refused(400, {"code": 3, "message": "unknown fields", "details": []})
        return asked.body
