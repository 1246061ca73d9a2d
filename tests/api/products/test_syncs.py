"""`/products/sync`, `/products/syncs`, `/products/schedule`: fetching products."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from jobs.products import sync
from portal.extensions import db
from portal.models.people import Actor, KeyScope, OrganizationRole, User
from tests import factories
from tests.api.api_client import ApiClient, key_of, token_of
from tests.cast import Cast
from tests.marketplaces.fixtures import KEYS, open_to, sells_at
from tests.marketplaces.ozon import Ozon
from tests.marketplaces.wildberries import Wildberries

SYNC, SYNCS, SCHEDULE = "/products/sync", "/products/syncs", "/products/schedule"
CRON = {"cron": "0 6 * * *", "zone": "Europe/Moscow"}
Call = Callable[[Actor], ApiClient]


@pytest.fixture
def call(app: Flask) -> Call:
    return lambda person: ApiClient(app, token_of(app, person))


def test_products_are_fetched_and_the_log_says_it(app: Flask, cast: Cast, call: Call) -> None:
    sells_at(app, cast.ann)
    asked = call(cast.ann).post(SYNC, {}, 202)
    assert asked.headers["Location"] == f"/api/v1{SYNCS}"
    first, second = asked.json["items"]
    assert (first["marketplace"], first["state"], second["marketplace"]) == (
        "wildberries",
        "queued",
        "ozon",
    )
    assert first["started_by"] == {"id": "USR000001", "name": "Ann Archer"}
    # The ones that are open.
    again = call(cast.ann).post(SYNC, {"marketplaces": ["ozon"]}, 202).json["items"]
    assert [one["id"] for one in again] == [second["id"]]
    with open_to(app, Wildberries(2), Ozon(3)), app.app_context():
        for one in (first, second):
            sync(one["id"])
    log = call(cast.bob).get(f"{SYNCS}?limit=1").json
    assert [(one["marketplace"], one["state"], one["added"]) for one in log["items"]] == [
        ("ozon", "done", 3)
    ]
    rest = call(cast.bob).get(f"{SYNCS}?cursor={log['next']}").json
    assert [one["id"] for one in rest["items"]] == [first["id"]]
    assert call(cast.bob).get(f"{SYNCS}/{first['id']}").json["added"] == 2


@pytest.mark.parametrize(
    ("kind", "body", "errors"),
    [
        (None, {}, {"marketplace": ["not_chosen"]}),
        ("ozon", {"marketplaces": ["wildberries"]}, {"marketplace": ["not_chosen"]}),
        ("ozon", {"marketplaces": ["ebay"]}, {"marketplaces.0": ["unknown"]}),
        ("ozon", {"marketplaces": "ozon"}, {"marketplaces": ["type"]}),
        ("ozon", {"force": True}, {"force": ["unknown_field"]}),
    ],
)
def test_what_is_not_set_up_or_malformed_is_refused(
    app: Flask, cast: Cast, call: Call, kind: str | None, body: Any, errors: dict[str, list[str]]
) -> None:
    if kind:
        sells_at(app, cast.ann, kind)
    assert call(cast.ann).post(SYNC, body, 422).errors == errors


def test_without_keys_it_is_said(app: Flask, cast: Cast, call: Call) -> None:
    call(cast.ann).patch("/organizations/me", {"marketplace_type": "ozon"})
    assert call(cast.ann).post(SYNC, {}, 422).errors == {"marketplace": ["key_missing"]}


def test_a_sync_is_called_off(app: Flask, cast: Cast, call: Call) -> None:
    sells_at(app, cast.ann, "ozon")
    [asked] = call(cast.ann).post(SYNC, {}, 202).json["items"]
    call(cast.ann).delete(f"{SYNCS}/{asked['id']}", 204)
    assert call(cast.ann).get(f"{SYNCS}/{asked['id']}").json["state"] == "cancelled"
    for person in (cast.carl, cast.sam):
        assert call(person).delete(f"{SYNCS}/{asked['id']}", 404).code == "not_found"
        assert call(person).get(f"{SYNCS}/{asked['id']}", 404).code == "not_found"


def test_the_schedule_is_put_read_and_ended(app: Flask, cast: Cast, call: Call) -> None:
    assert call(cast.ann).get(SCHEDULE, 404).code == "not_found"
    made = call(cast.ann).put(SCHEDULE, CRON).json
    assert (made["cron"], made["zone"], made["failures"]) == ("0 6 * * *", "Europe/Moscow", 0)
    assert made["next_run_at"].endswith("T03:00:00Z")
    assert call(cast.bob).get(SCHEDULE).json == made
    call(cast.ann).delete(SCHEDULE, 204)
    call(cast.bob).get(SCHEDULE, 404)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"cron": ["required"], "zone": ["required"]}),
        ({**CRON, "cron": "* * * * *"}, {"cron": ["cron_too_often"]}),
        ({**CRON, "cron": "hourly"}, {"cron": ["cron_fields"]}),
        ({**CRON, "cron": 6}, {"cron": ["type"]}),
        ({**CRON, "zone": "Moscow"}, {"zone": ["unknown"]}),
        ({**CRON, "cron": "0" * 101}, {"cron": ["too_long"]}),
    ],
)
def test_a_schedule_that_is_none_is_refused(
    cast: Cast, call: Call, body: Any, errors: dict[str, list[str]]
) -> None:
    assert call(cast.ann).put(SCHEDULE, body, 422).errors == errors


@pytest.mark.parametrize("role", [OrganizationRole.USER, OrganizationRole.VIEWER])
def test_users_and_viewers_read_alone(
    app: Flask, cast: Cast, call: Call, role: OrganizationRole
) -> None:
    sells_at(app, cast.ann, "ozon")
    [asked] = call(cast.ann).post(SYNC, {}, 202).json["items"]
    with factories.writing(app):
        db.session.get_one(User, cast.bob.id).organization_role = role
    bob = call(cast.bob)
    assert len(bob.get(SYNCS).json["items"]) == 1
    assert bob.post(SYNC, {}, 403).code == "forbidden"
    assert bob.put(SCHEDULE, CRON, 403).code == "forbidden"
    bob.delete(SCHEDULE, 403)
    bob.delete(f"{SYNCS}/{asked['id']}", 403)


def test_signed_out_and_with_a_key_for_reading_nothing_is_begun(app: Flask, cast: Cast) -> None:
    assert ApiClient(app).post(SYNC, {}, 401).code == "sign_in_needed"
    ApiClient(app).get(SYNCS, 401)
    reader = ApiClient(app, key_of(app, cast.ann, KeyScope.READ))
    assert reader.get(SYNCS).json == {"items": [], "next": None}
    assert reader.post(SYNC, {}, 403).code == "scope_too_narrow"


def test_keys_are_taken_under_their_own_names(app: Flask, cast: Cast, call: Call) -> None:
    ann = call(cast.ann)
    body = {**KEYS, "google_sheet_id": "1Bxi", "google_credentials_json": '{"type": "x"}'}
    kept = ann.patch("/organizations/me/credentials", body).json["items"]
    assert [one["name"] for one in kept] == sorted(body)
    ann.patch("/organizations/me/credentials", {"google_sheet_id": None})
    kept = ann.patch("/organizations/me/credentials", {"name": "x", "secret": "y"}).json["items"]
    assert "google_sheet_id" not in {one["name"] for one in kept}
    for wrong, errors in (
        ({}, {"name": ["required"]}),
        ({"name": "x"}, {"secret": ["required"]}),
        ({"google_credentials_json": "{"}, {"google_credentials_json": ["json"]}),
    ):
        assert ann.patch("/organizations/me/credentials", wrong, 422).errors == errors


def test_where_it_sells_is_chosen_and_taken_back(cast: Cast, call: Call) -> None:
    me = "/organizations/me"
    assert call(cast.ann).get(me).json["marketplace_type"] is None
    assert call(cast.ann).patch(me, {"marketplace_type": "both"}).json["marketplace_type"] == "both"
    assert call(cast.ann).patch(me, {"marketplace_type": "x"}, 422).errors == {
        "marketplace_type": ["unknown"]
    }
    assert call(cast.bob).patch(me, {"marketplace_type": "ozon"}, 403).code == "forbidden"
    assert call(cast.ann).patch(me, {"marketplace_type": None}).json["marketplace_type"] is None
