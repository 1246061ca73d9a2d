"""Ozon's client reads pages of products with prices and stocks, and says how they fail."""

from decimal import Decimal
from typing import Any

import pytest

from portal.integrations.ozon.shop import open_shop
from portal.integrations.shop import Page, Problem, ShopBusy, ShopError, Stock
from tests.integrations.cases import FAILURES
from tests.marketplaces.ozon import CLIENT_ID, KEY, Ozon, product
from tests.marketplaces.server import Answer

LIST, INFO, STOCKS = "v3/product/list", "info/list", "info/stocks"


def shop(client_id: str = CLIENT_ID, key: str = KEY) -> Any:
    return open_shop({"ozon_client_id": client_id, "ozon_api_key": key})


def pages(client: Any) -> list[Page]:
    found: list[Page] = []
    cursor: str | None = ""
    while cursor is not None:
        found.append(client.page(cursor))
        cursor = found[-1].cursor
    return found


def test_a_product_comes_with_its_price_and_its_stocks(running: Any) -> None:
    market = Ozon(1)
    market.stocks[2000] = [
        {"type": "fbo", "present": 5, "reserved": 2, "sku": 1},
        {"type": "fbo", "present": 1, "reserved": 0, "sku": 2},
        {"type": "rfbs", "present": 4, "reserved": 0},
    ]
    with running(market):
        [page, last] = pages(shop())
    [item] = page.items
    assert (item.external_id, item.article, item.name) == ("2000", "B-0", "Lamp 0")
    assert (item.price, item.currency) == (Decimal(1390), "RUB")
    assert item.picture_url == "https://pictures.example/0.jpg"
    assert item.shop_url == "https://www.ozon.ru/product/9000000/"
    assert item.stocks == (Stock("FBO", 6, 2), Stock("rFBS", 4))
    assert page.total == 1
    assert (last.items, last.cursor) == ((), None)


def test_all_pages_are_read_also_short_ones(running: Any) -> None:
    with running(Ozon(10, page=3)):
        found = pages(shop())
    assert [len(page.items) for page in found] == [3, 3, 3, 1, 0]
    assert len({item.external_id for page in found for item in page.items}) == 10


def test_a_product_without_a_card_is_there_all_the_same(running: Any) -> None:
    market = Ozon(3)
    market.instead[INFO] = [Answer.json({"items": [product(0), product(99), None, 5]})]
    with running(market):
        page = shop().page("")
    assert [item.external_id for item in page.items] == ["2000"]
    assert page.cardless == ("2001", "2002")


def test_items_that_are_none_are_counted_and_stop_no_other(running: Any) -> None:
    market = Ozon(2)
    odd = [None, {}, {"product_id": False}, {"product_id": "a b"}, {"product_id": 2001}]
    market.instead[LIST] = [Answer.json({"result": {"items": odd, "total": 5, "last_id": ""}})]
    with running(market):
        page = shop().page("")
    assert [item.external_id for item in page.items] == ["2001"]
    assert (page.unreadable, page.cursor) == (4, None)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"currency_code": "KZT"}, (Decimal(1390), "KZT")),
        ({"currency_code": ""}, (None, None)),
        ({"price": ""}, (None, None)),
        ({"price": None, "currency_code": 5}, (None, None)),
        ({"name": {"a": 1}, "sources": "x", "primary_image": 5}, (Decimal(1390), "RUB")),
    ],
)
def test_odd_fields_cost_that_field_alone(
    running: Any, columns: dict[str, Any], expected: tuple[object, object]
) -> None:
    market = Ozon(0)
    market.products = [product(0, **columns)]
    with running(market):
        [item] = shop().page("").items
    assert (item.price, item.currency) == expected


@pytest.mark.parametrize("name", sorted(FAILURES))
@pytest.mark.parametrize(("path", "asked"), [(LIST, "cards"), (INFO, "prices"), (STOCKS, "stocks")])
def test_every_failure_has_its_kind(running: Any, name: str, path: str, asked: str) -> None:
    answer, problem, detail = FAILURES[name]
    market = Ozon(1)
    market.instead[path] = [answer]
    with running(market), pytest.raises(ShopError) as failed:
        shop().page("")
    assert failed.value.problem == problem
    assert failed.value.detail.startswith(detail)
    assert failed.value.asked == asked


@pytest.mark.parametrize("path", [LIST, INFO, STOCKS])
def test_an_error_with_status_200_is_one(running: Any, path: str) -> None:
    market = Ozon(1)
    market.instead[path] = [Answer.json({"code": 9, "message": f"{KEY} is slow", "details": []})]
    with running(market), pytest.raises(ShopError) as failed:
        shop().page("")
    assert (failed.value.problem, failed.value.detail) == (Problem.SHOP, "… is slow")


@pytest.mark.parametrize("path", [LIST, INFO, STOCKS])
def test_it_waits_as_long_as_it_is_told(running: Any, path: str) -> None:
    market = Ozon(1)
    market.instead[path] = [Answer.json({"code": 8, "message": "rate"}, 429, Retry_After="3")]
    with running(market), pytest.raises(ShopBusy) as busy:
        shop().page("")
    assert busy.value.seconds == 3.0


@pytest.mark.parametrize("last_id", [5, ["x"], "x" * 2000, "a\0b", "\ud800"])
def test_a_cursor_that_is_none_is_a_failure(running: Any, last_id: object) -> None:
    market = Ozon(1)
    said = {"result": {"items": [{"product_id": 2000}], "total": 1, "last_id": last_id}}
    market.instead[LIST] = [Answer.json(said)]
    with running(market), pytest.raises(ShopError) as failed:
        shop().page("")
    assert failed.value.problem is Problem.ANSWER


@pytest.mark.parametrize("keys", [(CLIENT_ID, "another"), ("another", KEY)])
def test_wrong_keys_are_refused_in_its_words(running: Any, keys: tuple[str, str]) -> None:
    with running(Ozon(1)), pytest.raises(ShopError) as failed:
        shop(*keys).check()
    assert failed.value.problem is Problem.REFUSED
    assert "Invalid Api-Key" in failed.value.detail


def test_a_trial_asks_for_one_of_each(running: Any) -> None:
    market = Ozon(3)
    with running(market):
        assert shop().check() is None
        assert [one.body["limit"] for one in market.asked if LIST in one.path] == [1]
    assert len(market.asked) == 3
