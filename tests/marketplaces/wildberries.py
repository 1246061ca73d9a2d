"""Wildberries on loopback: the three APIs that are used, behind one port.

It wants its key, its methods, known fields and its limits, and tells an expired key by its own
words. Cards come in the order in which they were changed.
"""

import base64
import json
from typing import Any

from tests.marketplaces.server import Asked, Marketplace, Refused

EXPIRES = 4_000_000_000


def key(expires: int = EXPIRES, owner: str = "seller") -> str:
    """A token of the kind that it gives: a JWT, whose signature only it can check."""
    parts = ({"alg": "ES256"}, {"exp": expires, "oid": owner})
    said = (base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts)
    return ".".join([*(part.rstrip(b"=").decode() for part in said), "c2lnbmF0dXJl"])


KEY = key()


def card(number: int, **columns: Any) -> dict[str, Any]:
    """A card with one size, changed as the `number`-th."""
    return {
        "nmID": 1000 + number,
        "vendorCode": f"A-{number}",
        "title": f"Kettle {number}",
        "brand": "Boil",
        "subjectName": "Kettles",
        "photos": [{"big": f"https://pictures.example/{number}/big.webp"}],
        "sizes": [{"chrtID": 50_000 + number, "skus": [f"46{number:011d}"]}],
        "updatedAt": f"2026-11-01T00:00:00.{number:06d}Z",
        **columns,
    }


class Wildberries(Marketplace):
    """`prices` by card, `stocks` by warehouse and size."""

    def __init__(self, cards: int = 0) -> None:
        super().__init__()
        self.cards = [card(number) for number in range(cards)]
        self.prices: dict[int, Any] = {}
        self.currency: object = "RUB"
        self.warehouses: list[Any] = [{"id": 7, "name": "Tula"}, {"id": 8, "name": "Kazan"}]
        self.stocks: dict[int, dict[int, object]] = {7: {}, 8: {}}
        self.routes = {
            "/content/v2/get/cards/list": self._list,
            "/api/v2/list/goods/filter": self._prices,
            "/api/v3/warehouses": self._warehouses,
            "/api/v3/stocks/": self._stocks,
        }

    def _list(self, asked: Asked) -> object:
        settings = self._body(asked, {"settings"})["settings"]
        cursor = settings["cursor"]
        if settings.keys() != {"sort", "cursor", "filter"} or settings["filter"] != {
            "withPhoto": -1
        }:
            raise Refused(400, {"error": True, "errorText": "unknown settings"})
        if cursor.keys() not in ({"limit"}, {"limit", "updatedAt", "nmID"}):
            raise Refused(400, {"error": True, "errorText": "unknown cursor"})
        if not 1 <= cursor["limit"] <= 100 or settings["sort"] != {"ascending": True}:
            raise Refused(400, {"error": True, "errorText": "limit or sort"})
        after = (cursor.get("updatedAt", ""), cursor.get("nmID", 0))
        ordered = sorted(
            (one for one in self.cards if isinstance(one, dict) and "nmID" in one),
            key=lambda one: (one["updatedAt"], one["nmID"]),
        )
        found = [one for one in ordered if (one["updatedAt"], one["nmID"]) > after]
        found = found[: cursor["limit"]]
        last = found[-1] if found else {"updatedAt": "", "nmID": 0}
        where = {"updatedAt": last["updatedAt"], "nmID": last["nmID"], "total": len(found)}
        return {"cards": found, "cursor": where}

    def _prices(self, asked: Asked) -> object:
        wanted = self._body(asked, {"nmList"})["nmList"]
        if not 1 <= len(wanted) <= 1000 or not all(isinstance(one, int) for one in wanted):
            raise Refused(400, {"data": None, "error": True, "errorText": "nmList"})
        goods = [
            {
                "nmID": number,
                "currencyIsoCode4217": self.currency,
                "sizes": [{"price": 2 * amount, "discountedPrice": amount}]
                if isinstance(amount := self.prices.get(number, 100), int)
                else amount,
            }
            for number in wanted
        ]
        return {"data": {"listGoods": goods}, "error": False, "errorText": ""}

    def _warehouses(self, asked: Asked) -> object:
        self._require(asked, "GET")
        return self.warehouses

    def _stocks(self, asked: Asked) -> object:
        wanted = self._body(asked, {"chrtIds"})["chrtIds"]
        warehouse = int(asked.path.rsplit("/", 1)[1])
        if warehouse not in self.stocks or not 1 <= len(wanted) <= 1000:
            raise Refused(404, {"code": "NotFound", "message": "no such warehouse"})
        kept = self.stocks[warehouse]
        return {"stocks": [{"chrtId": n, "amount": kept[n]} for n in wanted if n in kept]}

    def _body(self, asked: Asked, fields: set[str]) -> Any:
        self._require(asked, "POST")
        if not isinstance(asked.body, dict) or asked.body.keys() != fields:
            raise Refused(400, {"error": True, "errorText": "unknown fields"})
        return asked.body

    def _require(self, asked: Asked, method: str) -> None:
        if asked.headers.get("authorization") != KEY:
            said = {"title": "unauthorized", "detail": "token problem; signature is invalid"}
            raise Refused(401, said)
        if asked.method != method:
            raise Refused(405, {"title": "method not allowed"})
