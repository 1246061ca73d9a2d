"""Wildberries' client reads pages of cards with prices and stocks, and says how they fail."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from portal.integrations.shop import Page, Problem, ShopBusy, ShopError, Stock
from portal.integrations.wildberries import reading
from portal.integrations.wildberries.shop import expiry, open_shop
from portal.models.products.product_stock import MAX_WAREHOUSE
from tests.integrations.cases import FAILURES
from tests.marketplaces import wildberries
from tests.marketplaces.server import Answer
from tests.marketplaces.wildberries import KEY, Wildberries, card


def shop(key: str = KEY) -> Any:
    return open_shop({"wildberries_api_key": key})


def pages(client: Any) -> list[Page]:
    found: list[Page] = []
    cursor: str | None = ""
    while cursor is not None:
        found.append(client.page(cursor))
        cursor = found[-1].cursor
    return found


def test_a_card_comes_with_its_price_and_its_stocks(running: Any) -> None:
    market = Wildberries(1)
    market.prices[1000] = [{"price": 900, "discountedPrice": 810.5}, {"price": 800}]
    market.stocks = {7: {50_000: 3}, 8: {50_000: 0, 60_000: 9}}
    with running(market):
        [page] = pages(shop())
    [item] = page.items
    assert (item.external_id, item.article, item.name) == ("1000", "A-0", "Kettle 0")
    assert (item.brand, item.category) == ("Boil", "Kettles")
    assert (item.price, item.currency) == (Decimal(800), "RUB")
    assert item.picture_url == "https://pictures.example/0/big.webp"
    assert item.shop_url == "https://www.wildberries.ru/catalog/1000/detail.aspx"
    assert item.stocks == (Stock("Tula", 3), Stock("Kazan", 0))
    assert page.unreadable == 0


def test_all_pages_are_read_each_card_once(running: Any) -> None:
    market = Wildberries(250)
    with running(market):
        found = pages(shop())
    assert [len(page.items) for page in found] == [100, 100, 50]
    assert len({item.external_id for page in found for item in page.items}) == 250
    # The warehouses are asked for once.
    assert market.paths().count("/api/v3/warehouses") == 1


def test_a_card_that_is_changed_meanwhile_is_not_missed(running: Any) -> None:
    market = Wildberries(150)
    with running(market):
        client = shop()
        first = client.page("")
        market.cards[140]["updatedAt"] = "2026-11-02T00:00:00Z"
        market.cards[3]["updatedAt"] = "2026-11-02T00:00:01Z"
        rest = client.page(first.cursor or "")
    ids = {item.external_id for page in (first, rest) for item in page.items}
    assert len(ids) == 150


def test_a_shop_without_products_has_one_empty_page(running: Any) -> None:
    market = Wildberries(0)
    with running(market):
        assert pages(shop()) == [Page((), None, pause=0.0)]
        assert shop().check() == datetime.fromtimestamp(wildberries.EXPIRES, UTC)


def test_items_that_are_none_are_counted_and_stop_no_other(running: Any) -> None:
    market = Wildberries(2)
    odd = [None, 7, {}, {"nmID": True}, {"nmID": -3}, {"nmID": "x y"}, card(1, sizes="none")]
    odd.append({"nmID": 77, "title": ["a"], "photos": 5, "sizes": [None, {"chrtID": "z"}]})
    market.instead["cards/list"] = [Answer.json({"cards": odd, "cursor": {"total": 8}})]
    with running(market):
        page = shop().page("")
    assert [item.external_id for item in page.items] == ["1001", "77"]
    assert page.unreadable == 6
    assert page.items[1].name == ""


@pytest.mark.parametrize("currency", ["KZT", "BYN", "CNY"])
def test_other_currencies_stay_what_they_are(running: Any, currency: str) -> None:
    market = Wildberries(1)
    market.currency = currency
    with running(market):
        [item] = shop().page("").items
    assert (item.price, item.currency) == (Decimal(100), currency)


@pytest.mark.parametrize("currency", [None, 643, "roubles"])
def test_an_amount_without_a_currency_is_no_price(running: Any, currency: object) -> None:
    market = Wildberries(1)
    market.currency = currency
    with running(market):
        [item] = shop().page("").items
    assert (item.price, item.currency) == (None, None)


def test_two_warehouses_of_one_name_stay_two(running: Any) -> None:
    market = Wildberries(1)
    market.warehouses = [{"id": 7, "name": "Tula"}, {"id": 8, "name": "Tula"}, {"name": "?"}, 5]
    market.stocks = {7: {50_000: 1}, 8: {50_000: 2}}
    with running(market):
        [item] = shop().page("").items
    assert item.stocks == (Stock("Tula", 1), Stock("Tula 8", 2))


def test_a_long_name_that_is_taken_is_as_long_as_its_column() -> None:
    said = [{"id": number, "name": "T" * 300} for number in (7, "8" * 64)]
    first, second = reading.warehouses(said).values()
    assert first != second and max(len(first), len(second)) <= MAX_WAREHOUSE


def test_more_sizes_than_one_question_takes_are_asked_in_several(running: Any) -> None:
    market = Wildberries(0)
    sizes = [{"chrtID": number} for number in range(1, 1502)]
    market.cards = [card(0, sizes=sizes)]
    market.stocks[7] = dict.fromkeys(range(1, 1502), 2)
    with running(market):
        [item] = shop().page("").items
    assert item.stocks == (Stock("Tula", 3002),)


# Warehouses are a list.
@pytest.mark.parametrize(
    ("name", "path"),
    [
        (name, path)
        for path in ("cards/list", "goods/filter", "warehouses", "stocks/7")
        for name in sorted(FAILURES)
        if (name, path) != ("another shape", "warehouses")
    ],
)
def test_every_failure_has_its_kind(running: Any, name: str, path: str) -> None:
    answer, problem, detail = FAILURES[name]
    market = Wildberries(1)
    market.instead[path] = [answer]
    with running(market), pytest.raises(ShopError) as failed:
        shop().page("")
    assert failed.value.problem == problem
    assert failed.value.detail.startswith(detail)
    asked = {"cards/list": "cards", "goods/filter": "prices"}.get(path, "stocks")
    assert failed.value.asked == asked


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("cards/list", {"data": None, "error": True, "errorText": "try again"}),
        ("goods/filter", {"data": {"listGoods": []}, "error": True, "errorText": "try again"}),
    ],
)
def test_an_error_with_status_200_is_one(running: Any, path: str, said: object) -> None:
    market = Wildberries(1)
    market.instead[path] = [Answer.json(said)]
    with running(market), pytest.raises(ShopError) as failed:
        shop().page("")
    assert (failed.value.problem, failed.value.detail) == (Problem.SHOP, "try again")


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer.json({}, 429, X_Ratelimit_Retry="12"), 12.0),
        (Answer.json({}, 429), 30.0),
        # It counts as ten requests.
        (Answer.json({"message": "conflict"}, 409), 6.0),
    ],
)
@pytest.mark.parametrize("path", ["cards/list", "goods/filter", "stocks/7"])
def test_it_waits_as_long_as_it_is_told(
    running: Any, answer: Answer, seconds: float, path: str
) -> None:
    market = Wildberries(1)
    market.instead[path] = [answer]
    with running(market), pytest.raises(ShopBusy) as busy:
        shop().page("")
    assert busy.value.seconds == seconds


def test_half_a_page_is_no_page(running: Any) -> None:
    market = Wildberries(0)
    half = {"cards": [card(1)], "cursor": {"updatedAt": "x", "nmID": 1001, "total": 100}}
    market.instead["cards/list"] = [Answer.json(half)]
    with running(market), pytest.raises(ShopError) as failed:
        shop().page("")
    assert failed.value.problem is Problem.ANSWER


@pytest.mark.parametrize("cursor", [None, {}, {"updatedAt": 5, "nmID": 5}, {"updatedAt": "x"}])
def test_a_full_page_without_a_way_on_is_a_failure(running: Any, cursor: object) -> None:
    market = Wildberries(100)
    said = {"cards": market.cards, "cursor": cursor}
    market.instead["cards/list"] = [Answer.json(said)]
    with running(market), pytest.raises(ShopError) as failed:
        shop().page("")
    assert failed.value.problem is Problem.ANSWER


def test_a_wrong_key_is_refused_in_its_words(running: Any) -> None:
    with running(Wildberries(1)), pytest.raises(ShopError) as failed:
        shop(wildberries.key(owner="another")).page("")
    assert failed.value.problem is Problem.REFUSED
    assert "signature is invalid" in failed.value.detail


def test_a_key_whose_time_is_over_is_not_even_sent(running: Any) -> None:
    market = Wildberries(1)
    with running(market), pytest.raises(ShopError) as failed:
        shop(wildberries.key(expires=1_600_000_000))
    assert failed.value.problem is Problem.EXPIRED
    assert market.asked == []


@pytest.mark.parametrize(
    "key",
    [
        "a.b.c",
        "abc",
        "a.b",
        "..",
        "a.e30.c",
        "a.W10.c",
        "a.eyJleHAiOiAieCJ9.c",
        "a." + "W" * 4000 + ".c",
        wildberries.key(expires=10**20),
    ],
)
def test_a_key_that_says_no_time_is_taken_as_it_is(key: str) -> None:
    assert expiry(key) is None


def test_a_server_that_is_away_is_unreachable(running: Any) -> None:
    market = Wildberries(1)
    with running(market):
        client = shop()
    with pytest.raises(ShopError) as failed:
        client.page("")
    assert failed.value.problem in {Problem.UNREACHABLE, Problem.ANSWER}
    assert json.dumps(failed.value.detail)
