"""`GET /products`: what an organization sells, for programs."""

import pytest
from flask import Flask

from portal.clock import now
from portal.models.products import Marketplace
from tests.api.api_client import ApiClient, token_of
from tests.cast import Cast, make_cast
from tests.products import add_product


@pytest.fixture(scope="module")
def app(shared_app: Flask) -> Flask:
    return shared_app


@pytest.fixture(scope="module")
def cast(app: Flask) -> Cast:
    cast = make_cast(app)
    for name in ("Blue mug", "Red mug", "Spoon"):
        add_product(app, cast.ann, name, article=f"A-{name}", stocks={"North": 2, "South": 3})
    add_product(app, cast.ann, "Apron", gone_at=now(), price=None, currency=None)
    add_product(app, cast.carl, "Lamp", marketplace=Marketplace.OZON)
    return cast


@pytest.fixture
def bob(app: Flask, cast: Cast) -> ApiClient:
    return ApiClient(app, token_of(app, cast.bob))


def names(client: ApiClient, query: str = "") -> list[str]:
    return [item["name"] for item in client.get(f"/products{query}").json["items"]]


def test_members_read_all_of_a_product(bob: ApiClient) -> None:
    found = bob.get("/products?q=blue").json["items"][0]
    assert found.pop("changed_at")
    assert found == {
        "id": "PRD000001",
        "marketplace": "wildberries",
        "external_id": "blue mug",
        "article": "A-Blue mug",
        "name": "Blue mug",
        "brand": "",
        "category": "",
        "price": "499.00",
        "currency": "RUB",
        "stock": 5,
        "is_gone": False,
        "shop_url": "",
        "picture_url": "",
        "organization": "ORG000001",
        "stocks": [
            {"warehouse": "South", "present": 3, "reserved": 0},
            {"warehouse": "North", "present": 2, "reserved": 0},
        ],
    }


def test_products_come_in_pages(bob: ApiClient) -> None:
    first = bob.get("/products?limit=2").json
    assert [item["name"] for item in first["items"]] == ["Blue mug", "Red mug"]
    rest = bob.get(f"/products?limit=2&cursor={first['next']}").json
    assert ([item["name"] for item in rest["items"]], rest["next"]) == (["Spoon"], None)


def test_one_without_a_price_has_none(bob: ApiClient) -> None:
    gone = bob.get("/products?availability=gone").json["items"][0]
    assert (gone["price"], gone["currency"], gone["is_gone"]) == (None, None, True)


def test_customers_read_their_own_and_staff_those_of_all(
    app: Flask, cast: Cast, bob: ApiClient
) -> None:
    assert names(bob, "?organization=ORG000003") == []
    carl, sam = (ApiClient(app, token_of(app, who)) for who in (cast.carl, cast.sam))
    assert names(carl) == ["Lamp"]
    assert names(sam) == ["Blue mug", "Red mug", "Spoon", "Lamp"]
    assert names(sam, "?organization=ORG000003&marketplace=ozon") == ["Lamp"]


def test_what_no_list_has_is_refused_by_name(bob: ApiClient) -> None:
    wrong = "?availability=maybe&marketplace=amazon&organization=ORG1&cursor=x&more=1"
    refused = bob.get(f"/products{wrong}", 422).json["errors"]
    assert set(refused) == {
        *("availability", "marketplace", "organization", "cursor", "more"),
    }
    assert bob.get("/products?cursor=5", 422).json["errors"]["cursor"][0]["code"] == "unknown"


def test_nobody_reads_them_without_a_key_or_writes_there(app: Flask, bob: ApiClient) -> None:
    assert ApiClient(app, "").get("/products", 401)
    assert bob.post("/products", {}, 405)
