"""`products` of tickets, for programs and in webhooks."""

import pytest
from flask import Flask

from portal import webhook_payloads
from tests.api.api_client import ApiClient, token_of
from tests.cast import Cast
from tests.products import add_product

MUG = {"id": "PRD000001", "name": "Mug"}


@pytest.fixture
def bob(app: Flask, cast: Cast) -> ApiClient:
    add_product(app, cast.ann, "Mug")
    add_product(app, cast.carl, "Lamp")
    return ApiClient(app, token_of(app, cast.bob))


def test_a_ticket_is_filed_read_and_changed_with_products(bob: ApiClient) -> None:
    body = {"subject": "It broke", "message": "Today.", "products": ["PRD000001"]}
    filed = bob.post("/tickets", body, 201).json
    assert filed["products"] == [MUG] and filed["version"] == 1
    path = f"/tickets/{filed['number']}"
    assert bob.get(path).json["products"] == [MUG]
    etag = {"If-Match": bob.get(path).headers["ETag"]}
    changed = bob.patch(path, {"products": []}, 200, headers=etag).json
    assert changed["products"] == [] and changed["version"] == 2
    assert bob.get("/tickets?product=PRD000001").json["items"] == []


@pytest.mark.parametrize(
    "products",
    [["PRD000002"], ["PRD000099"], ["PRD1"], ["PRD000001"] * 21, "PRD000001", [1]],
    ids=str,
)
def test_products_that_one_does_not_have_are_refused(bob: ApiClient, products: object) -> None:
    body = {"subject": "It broke", "message": "Today.", "products": products}
    refused = bob.post("/tickets", body, 422).json["errors"]
    assert all(name.startswith("products") for name in refused) and refused


def test_staff_name_those_of_the_requester_and_list_by_them(
    app: Flask, cast: Cast, bob: ApiClient
) -> None:
    sam = ApiClient(app, token_of(app, cast.sam))
    body = {"subject": "It broke", "message": "Today.", "requester": "USR000002"}
    refused = sam.post("/tickets", {**body, "products": ["PRD000002"]}, 422)
    assert "products" in refused.json["errors"]
    filed = sam.post("/tickets", {**body, "products": ["PRD000001"]}, 201).json
    found = sam.get("/tickets?product=PRD000001").json["items"]
    assert [item["number"] for item in found] == [filed["number"]]
    assert sam.get("/tickets?q=product:mug").json["items"] == found
    assert sam.get("/tickets?product=PRD000002").json["items"] == []


def test_a_webhook_of_an_organization_is_told_of_its_own_alone() -> None:
    entries = [{**MUG, "id": 1, "organization": 1}, {"id": 2, "name": "Lamp", "organization": 2}]
    assert webhook_payloads._products(1, entries) == [MUG]
    assert len(webhook_payloads._products(None, entries)) == 2
