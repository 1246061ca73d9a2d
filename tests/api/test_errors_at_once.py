"""Whoever sends something with several faults hears of all of them in one answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from portal.extensions import limiter
from tests.api.api_client import ApiClient, document, resolved, token_of
from tests.api.test_every_endpoint import Endpoint, endpoints
from tests.cast import Cast

# What is of the right type and length, and still wrong, by the name of the field.
WRONG: dict[str, list[Any]] = {
    "email": ["nobody", "a@b@c"],
    "username": ["!!", "admin"],
    "phone": ["12", "+1 200"],
    "inn": ["1", "7707083894"],
    "timezone": ["Mars/Olympus"],
    "password": ["short", "password1"],
    "new_password": ["short", "password1"],
    "url": ["ftp://example.com", "https://localhost:22/"],
    "secret": ['{"a": ', "  "],
    "cursor": ["nonsense", "1.2.3.4"],
    "tags": [["a b c d e f g h i j k l m n o p q r s t u"], [""]],
    "events": [[]],
}
# Endpoints that only look at a password which exists: whatever it is like, it may be the right one.
PROVING = {"/auth/login", "/auth/api-key-reset", "/account/me"}


@pytest.fixture
def admin(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> ApiClient:
    """Somebody who may do everything, as often as they like."""
    monkeypatch.setattr(limiter, "enabled", False)
    return ApiClient(app, token_of(app, cast.ada))


def faults(endpoint: Endpoint, name: str, schema: dict[str, Any]) -> list[Any]:
    """Values that a field of that name and schema must not have."""
    found: list[Any] = [] if endpoint.path in PROVING else list(WRONG.get(name, []))
    if "maxLength" in schema:
        found.append("x" * (schema["maxLength"] + 1))
    if "pattern" in schema:
        found.append("***")
    if "maximum" in schema:
        found.append(schema["maximum"] + 1)
    if "maxItems" in schema:
        found.append(["x"] * (schema["maxItems"] + 1))
    if "enum" in schema:
        found.append("owl")
    if schema.get("format") == "date-time":
        found.append("2026-13-01T00:00:00Z")
    return found


def parameters(endpoint: Endpoint) -> dict[str, dict[str, Any]]:
    """The schemas of the query's parameters."""
    return {p["name"]: p["schema"] for p in endpoint.told["parameters"] if p["in"] == "query"}


def properties(app: Flask, endpoint: Endpoint) -> dict[str, dict[str, Any]]:
    """The schemas of the body's fields."""
    found = resolved(document(app), endpoint.body).get("properties", {})
    # With confirmation by mail the password comes later, so that name is no field there.
    return {n: s for n, s in found.items() if (endpoint.path, n) != ("/auth/register", "password")}


def turns(
    endpoint: Endpoint, schemas: dict[str, dict[str, Any]], always: list[Any]
) -> Iterator[dict[str, Any]]:
    """Values for all fields, each fault of each field in turn, and what is `always` a fault."""
    known = {name: [*faults(endpoint, name, told), *always] for name, told in schemas.items()}
    for turn in range(max(map(len, known.values()), default=0)):
        yield {name: values[turn % len(values)] for name, values in known.items()}


def named(errors: dict[str, list[str]]) -> set[str]:
    """The fields that the errors are about; `tags.0` is one of `tags`."""
    return {name.partition(".")[0] for name in errors}


def test_each_fault_of_a_body_and_of_the_address_is_named_at_once(admin: ApiClient) -> None:
    for endpoint in endpoints(admin.app):
        for body in turns(endpoint, properties(admin.app, endpoint), [{"a": 1}, [[1]]]):
            reply = admin.call(
                endpoint.method,
                f"{endpoint.path}?stray=1",
                422,
                json={**body, "surprise": 1},
                headers=endpoint.headers,
            )
            assert named(reply.errors) == {*body, "surprise", "stray"}, (endpoint.path, body)


def test_each_fault_of_a_query_and_a_body_beside_it_is_named_at_once(admin: ApiClient) -> None:
    for endpoint in endpoints(admin.app):
        for query in turns(endpoint, parameters(endpoint), [["once", "twice"]]):
            reply = admin.call(
                endpoint.method,
                endpoint.path,
                422,
                query_string={**query, "stray": "1"},
                json={"surprise": 1},
            )
            # A body that is no JSON has no fields.
            of_body = set() if endpoint.spec.raw else {"surprise"}
            assert named(reply.errors) == {*query, *of_body, "stray"}, (endpoint.path, query)


def test_a_name_that_is_repeated_hides_nothing(admin: ApiClient) -> None:
    reply = admin.get("/tickets?limit=1&limit=2&status=owl&stray=1", 422)
    assert reply.errors == {
        "limit": ["repeated"],
        "status": ["unknown"],
        "stray": ["unknown_field"],
    }


def test_an_order_that_does_not_fit_is_named_beside_what_is_wrong(admin: ApiClient) -> None:
    reply = admin.get("/tickets?sort=-priority&requester=me&limit=0", 422)
    assert reply.errors == {"sort": ["not_with_this"], "limit": ["range"]}


def test_a_wrong_password_hides_nothing_of_the_new_one(admin: ApiClient) -> None:
    body = {"old_password": "not the right one", "new_password": "ada@example.com"}
    reply = admin.post("/auth/change-password", body, 422)
    assert set(reply.errors) == {"old_password", "new_password"}


def test_where_accounts_open_at_once_the_password_is_judged_with_the_rest(
    admin: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(admin.app.config, "REGISTRATION", "open")
    body = {"email": "nobody", "password": "short", "phone": "12"}
    assert set(admin.post("/auth/register", body, 422).errors) == set(body)
