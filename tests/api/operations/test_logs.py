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


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("user=USR000001", 2),
        ("user=me", 0),
        ("user=USR000002", 0),
        ("outcome=errors", 1),
        ("route=/api/v1/users/me", 3),
        ("route=/api/v1/tickets", 0),
        ("key=lk_nonsense", 0),
        ("limit=2", 2),
        ("status=401", 1),
        ("status=404", 0),
        ("method=GET", 3),
        ("method=POST", 0),
        ("since=2000-01-01T00:00:00Z", 3),
        ("since=2999-01-01t00:00:00.5%2B02:00", 0),
        ("until=2999-01-01T00:00:00-12:00&status=200", 2),
        ("until=2000-01-01T00:00:00z", 0),
    ],
)
def test_requests_are_filtered(call: Call, cast: Cast, busy: str, query: str, number: int) -> None:
    assert len(call(cast.ada).get(f"{REQUESTS}?{query}").json["items"]) == number


def test_requests_of_a_key(call: Call, cast: Cast, busy: str) -> None:
    assert len(call(cast.ada).get(f"{REQUESTS}?key={busy[:11]}").json["items"]) == 2


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


def test_actions_are_told_with_their_seal(call: Call, cast: Cast, busy: str) -> None:
    ada = call(cast.ada)
    [filed] = ada.get(f"{ACTIONS}?ticket=REQ000001").json["items"]
    assert filed["kind"] == "filed"
    assert filed["actor"] == {"id": "USR000001", "name": "Ann Archer"}
    assert (filed["ticket"], filed["user"]) == ("REQ000001", None)
    assert len(filed["hash"]) == 64
    assert ada.get(f"{ACTIONS}?kind=filed&user=USR000001").json["items"] == [filed]
    assert ada.get(f"{ACTIONS}?user=USR000002").json["items"] == []
    assert ada.get(f"{ACTIONS}?ticket=REQ000002").json["items"] == []
    assert ada.get(f"{ACTIONS}?since=2000-01-01T00:00:00Z&kind=filed").json["items"] == [filed]
    for nothing in ("since=2999-01-01T00:00:00Z", "until=2000-01-01T00:00:00Z"):
        assert ada.get(f"{ACTIONS}?{nothing}").json["items"] == []


def test_routes_are_told_as_the_document_has_them(app: Flask, call: Call, cast: Cast) -> None:
    ada = call(cast.ada)
    ada.get("/webhooks/1/deliveries", 404)
    ada.get("/tickets/REQ000001", 404)
    written(app)
    routes = ["/api/v1/tickets/{number}", "/api/v1/webhooks/{webhook_id}/deliveries"]
    assert [item["route"] for item in ada.get(REQUESTS).json["items"]] == routes
    (found,) = ada.get(f"{REQUESTS}?route={routes[0]}").json["items"]
    assert found["route"] == routes[0]


def test_statistics(call: Call, cast: Cast, busy: str) -> None:
    stats = call(cast.ada).get(STATS).json
    assert (stats["total"]["requests"], stats["total"]["errors"]) == (3, 1)
    assert [f["name"] for f in stats["by_route"]] == ["GET /api/v1/users/me"]
    assert {f["name"]: f["requests"] for f in stats["by_key"]} == {busy[:11]: 2, "": 1}
    assert stats["total"]["p95_milliseconds"] > 0


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{REQUESTS}?limit=101", "limit"),
        (f"{REQUESTS}?cursor=x", "cursor"),
        (f"{REQUESTS}?outcome=king", "outcome"),
        (f"{REQUESTS}?user=nobody", "user"),
        (f"{REQUESTS}?status=99", "status"),
        (f"{REQUESTS}?method=get", "method"),
        (f"{REQUESTS}?since=2026-11-21", "since"),
        (f"{REQUESTS}?since=2026-11-21T00:00:00", "since"),
        (f"{REQUESTS}?since=2026-02-30T00:00:00Z", "since"),
        (f"{REQUESTS}?until=0001-01-01T00:00:00%2B23:00", "until"),
        (f"{ACTIONS}?ticket=REQ1", "ticket"),
        (f"{ACTIONS}?user=USR", "user"),
        (f"{REQUESTS}?colour=red", "colour"),
        (f"{ACTIONS}?kind=king", "kind"),
        (f"{STATS}?days=91", "days"),
    ],
)
def test_what_is_wrong_is_named(call: Call, cast: Cast, path: str, field: str) -> None:
    assert list(call(cast.ada).get(path, 422).errors) == [field]


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("path", [REQUESTS, ACTIONS, STATS])
@pytest.mark.parametrize("person", ["ann", "sam"])
def test_they_are_for_admins(call: Call, cast: Cast, path: str, person: str) -> None:
    call(getattr(cast, person)).get(path, 403)
