"""`/admin/logs/…`: what admins' programs read of requests and actions."""

from typing import Any

import pytest
from flask import Flask

from portal.extensions import begin_log_write, db
from portal.services.operations import action_log
from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.api.conftest import Call
from tests.cast import Cast
from tests.databases import BOTH

pytestmark = BOTH

REQUESTS, ACTIONS, STATS = (
    f"/admin/logs/{name}" for name in ("api-logs", "request-actions", "stats")
)


def written(app: Flask) -> None:
    """As the thread does every second, and the sweep every few."""
    app.extensions["lodge.api_log"].flush()
    with app.app_context():
        begin_log_write()
        action_log.seal_new()
        db.session.commit()


@pytest.fixture
def busy(app: Flask, call: Call, cast: Cast) -> str:
    """Ann has a ticket and a key, reads herself twice by it, and is refused once without it."""
    factories.file_ticket(app, cast.ann)
    key = key_of(app, cast.ann)
    for _ in range(2):
        ApiClient(app, key).get("/users/me")
    ApiClient(app).get("/users/me", 401)
    written(app)
    return key


@pytest.mark.threat("secrets in logs")
def test_requests_are_told_newest_first_and_without_secrets(
    call: Call, cast: Cast, busy: str
) -> None:
    reply = call(cast.ada).get(REQUESTS)
    items: list[dict[str, Any]] = reply.json["items"]
    assert [(i["route"], i["status"]) for i in items] == [
        ("/api/v1/users/me", 401),
        ("/api/v1/users/me", 200),
        ("/api/v1/users/me", 200),
    ]
    assert [i["user"] and i["user"]["name"] for i in items] == [None, "Ann Archer", "Ann Archer"]
    assert [i["key_prefix"] for i in items] == [None, busy[:11], busy[:11]]
    assert busy[11:] not in reply.body.decode()


def test_pages_follow_each_other_while_new_requests_come(
    app: Flask, call: Call, cast: Cast, busy: str
) -> None:
    ada = call(cast.ada)
    first = ada.get(f"{REQUESTS}?limit=2").json
    written(app)  # now the first request stands there, too
    second = ada.get(f"{REQUESTS}?limit=2&cursor={first['next']}").json
    ids = [item["id"] for item in [*first["items"], *second["items"]]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == len(set(ids)) == 3
    assert second["next"] is None


def test_routes_are_told_as_the_document_has_them(app: Flask, call: Call, cast: Cast) -> None:
    ada = call(cast.ada)
    ada.get("/webhooks/1/deliveries", 404)
    ada.get("/tickets/REQ000001", 404)
    written(app)
    routes = ["/api/v1/tickets/{number}", "/api/v1/webhooks/{webhook_id}/deliveries"]
    assert [item["route"] for item in ada.get(REQUESTS).json["items"]] == routes
    (found,) = ada.get(f"{REQUESTS}?route={routes[0]}").json["items"]
    assert found["route"] == routes[0]
