"""The bounds that the document tells are those that are enforced, and there are no others."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from flask import Flask

from portal.extensions import limiter
from tests.api.api_client import ApiClient, document, resolved, token_of
from tests.api.test_every_endpoint import Endpoint, endpoints
from tests.cast import Cast

# Codes that say: this is longer, larger or more than may be.
BEYOND = {"too_long", "range", "too_many_items", "idempotency_key", "short_password"}
# What else may be said of it.
OTHERWISE = {"unknown", "required"}
# Bounded by their bytes as well, which a schema cannot tell; the description does.
IN_BYTES = {
    "google_credentials_json",
    "google_sheet_id",
    "ozon_api_key",
    "ozon_client_id",
    "secret",
    "wildberries_api_key",
}
# Of what is limited by the size of the whole request alone.
MUCH = 2_500


class Place(NamedTuple):
    """A parameter of the query, a field of a body or a header, and what the document says of it."""

    endpoint: Endpoint
    where: str
    name: str
    schema: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.endpoint.method} {self.endpoint.path} {self.where} {self.name}"


def places(app: Flask) -> Iterator[Place]:
    """All of them."""
    for endpoint in endpoints(app):
        for told in endpoint.told["parameters"]:
            yield Place(endpoint, told["in"], told["name"], told["schema"])
        for name, schema in resolved(document(app), endpoint.body).get("properties", {}).items():
            yield Place(endpoint, "body", name, schema)


@pytest.fixture
def admin(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    """Somebody who may do everything, as often as they like."""
    monkeypatch.setattr(limiter, "enabled", False)
    return ApiClient(app, token_of(app, cast.ada))


def codes(admin: ApiClient, place: Place, value: Any) -> set[str]:
    """What is wrong with that value there. What else is wrong keeps it from being done."""
    path, options = place.endpoint.path, {"headers": dict(place.endpoint.headers)}
    stray = "?stray=1"
    if place.where == "query":
        stray += f"&{place.name}={quote(str(value))}"
    elif place.where == "header":
        options["headers"][place.name] = str(value)
    else:
        options["json"] = {place.name: value}
    reply = admin.ask(place.endpoint.method, path + stray, **options)
    return {code for name, found in reply.errors.items() if name == place.name for code in found}


def edges(schema: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """(the last value that is allowed, the first that is not) of each bound."""
    if most := schema.get("maxLength"):
        yield "a" * most, "a" * (most + 1)
        yield "é" * most, "é" * (most + 1)
    if "maximum" in schema:
        yield schema["maximum"], schema["maximum"] + 1
    if "minimum" in schema:
        yield schema["minimum"], schema["minimum"] - 1
    if most := schema.get("maxItems"):
        items = schema["items"]
        item = (items.get("enum") or items.get("examples") or ["a"])[0]
        yield [item] * most, [item] * (most + 1)
    if least := schema.get("minLength"):
        yield "k" * least, "k" * (least - 1)


@pytest.mark.threat("floods")
def test_each_bound_is_enforced_where_the_document_puts_it(admin: ApiClient) -> None:
    met = 0
    for place in places(admin.app):
        for allowed, refused in edges(place.schema):
            is_plain = place.where == "header" or place.name in IN_BYTES
            if is_plain and not str(allowed).isascii():
                continue
            met += 1
            assert not codes(admin, place, allowed) & BEYOND, (place, "the last one")
            assert codes(admin, place, refused) & (BEYOND | OTHERWISE), (place, "the first one")
    assert met > 100


def test_no_bound_is_enforced_that_the_document_does_not_tell(admin: ApiClient) -> None:
    for place in places(admin.app):
        unbounded = place.schema.get("type") == "string" and not (
            {"maxLength", "enum", "format"} & place.schema.keys()
        )
        if unbounded:
            assert not codes(admin, place, "a" * MUCH) & BEYOND, place
        if place.schema.get("type") == "integer":
            assert {"minimum", "maximum"} <= place.schema.keys(), place


def test_each_text_of_a_query_and_a_body_has_a_bound(admin: ApiClient) -> None:
    for place in places(admin.app):
        if place.where in {"query", "body"} and place.schema.get("type") == "string":
            assert {"maxLength", "enum", "format"} & place.schema.keys(), place
