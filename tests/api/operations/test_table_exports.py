"""`/admin/requests/export` and `/admin/exports`: the tables of the desk, for programs."""

import csv
import io
from typing import Any

import pytest
from flask import Flask

from jobs.table_exports import export_table
from portal.extensions import db
from portal.models.people import Actor, KeyScope, Right, User
from portal.services.operations import table_exports
from tests import factories
from tests.api.api_client import ApiClient, key_of, token_of
from tests.cast import Cast

ASK, EXPORTS = "/admin/requests/export", "/admin/exports"


@pytest.fixture
def ada(app: Flask, cast: Cast) -> ApiClient:
    return ApiClient(app, token_of(app, cast.ada))


def write(app: Flask, export_id: int) -> None:
    with app.app_context():
        export_table(export_id)


def let(app: Flask, person: Actor, rights: str) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, person.id)
        user.granted_rights = user.rights = rights


def test_a_table_is_asked_for_waited_for_and_fetched(
    app: Flask, cast: Cast, ada: ApiClient
) -> None:
    factories.file_ticket(app, cast.bob, "Cold water")
    factories.file_ticket(app, cast.ann, "Slow door")
    body = {"columns": ["subject", "number"], "filter": "q=water", "since": "2000-01-01T00:00:00Z"}
    asked = ada.post(ASK, body, 202)
    where = asked.headers["Location"].removeprefix("/api/v1")
    assert asked.json["state"] == "waiting"
    assert asked.json["filter"] == "view=all&q=water"
    assert asked.json["user"] == {"id": "USR000006", "name": "Ada Adams"}
    assert ada.get(where, 202).json == asked.json
    write(app, asked.json["id"])
    file = ada.get(where)
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(file.body.decode("utf-8-sig"))))
    assert rows == [["subject", "number"], ["Cold water", "REQ000001"]]
    [item] = ada.get(EXPORTS).json["items"]
    assert (item["state"], item["rows"], item["progress"]) == ("ready", 1, 100)


def test_nothing_said_means_all_tickets_as_csv(ada: ApiClient) -> None:
    asked = ada.post(ASK, {}, 202).json
    assert (asked["kind"], asked["format"], asked["filter"]) == ("tickets", "csv", "view=all")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"kind": "secrets"}, {"kind": ["unknown"]}),
        ({"format": "pdf"}, {"format": ["unknown"]}),
        ({"kind": "people", "columns": ["password_hash"]}, {"columns": ["unknown"]}),
        ({"filter": "status=lost"}, {"filter": ["unknown"]}),
        ({"filter": "q=status:"}, {"filter": ["mistaken"]}),
        ({"since": "yesterday"}, {"since": ["time"]}),
        (
            {"since": "2026-11-30T00:00:00Z", "until": "2026-11-23T00:00:00Z"},
            {"until": ["ends_before"]},
        ),
        ({"rows": 7}, {"rows": ["unknown_field"]}),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    ada: ApiClient, body: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    assert ada.post(ASK, body, 422).errors == errors
    assert ada.get(EXPORTS).json["items"] == []


def test_one_that_is_being_made_is_called_off(app: Flask, ada: ApiClient) -> None:
    number = ada.post(ASK, {}, 202).json["id"]
    ada.delete(f"{EXPORTS}/{number}")
    ada.delete(f"{EXPORTS}/{number}")
    ada.get(f"{EXPORTS}/{number}", 404)
    assert ada.get(EXPORTS).json["items"][0]["state"] == "cancelled"


def test_one_that_failed_says_why_in_the_list(app: Flask, ada: ApiClient) -> None:
    number = ada.post(ASK, {}, 202).json["id"]
    with factories.writing(app):
        lease = table_exports.claim(number)
        assert lease
        table_exports.refuse(lease, "StorageFull: no room")
    assert ada.get(EXPORTS).json["items"][0]["error"] == "StorageFull: no room"


@pytest.mark.threat("rules in the browser alone")
@pytest.mark.parametrize("name", ["ann", "sam"])
def test_without_the_right_there_are_none(
    app: Flask, cast: Cast, ada: ApiClient, name: str
) -> None:
    number = ada.post(ASK, {}, 202).json["id"]
    person = ApiClient(app, token_of(app, getattr(cast, name)))
    person.post(ASK, {}, 403)
    person.get(EXPORTS, 403)
    person.get(f"{EXPORTS}/{number}", 403)
    person.delete(f"{EXPORTS}/{number}", 403)


@pytest.mark.threat("rules in the browser alone")
def test_staff_with_the_right_see_their_own(app: Flask, cast: Cast, ada: ApiClient) -> None:
    adas = ada.post(ASK, {}, 202).json["id"]
    let(app, cast.sam, Right.EXPORTS)
    sam = ApiClient(app, token_of(app, cast.sam))
    own = sam.post(ASK, {"kind": "people"}, 202).json["id"]
    assert [item["id"] for item in sam.get(EXPORTS).json["items"]] == [own]
    sam.get(f"{EXPORTS}/{adas}", 404)
    assert len(ada.get(EXPORTS).json["items"]) == 2
    let(app, cast.sam, "")
    sam = ApiClient(app, token_of(app, cast.sam))
    sam.get(f"{EXPORTS}/{own}", 403)


@pytest.mark.threat("rules in the browser alone")
def test_a_key_proves_nothing_and_takes_no_table(app: Flask, cast: Cast, ada: ApiClient) -> None:
    number = ada.post(ASK, {}, 202).json["id"]
    write(app, number)
    key = ApiClient(app, key_of(app, cast.ada, KeyScope.WRITE))
    for call in (lambda: key.post(ASK, {}, 403), lambda: key.get(f"{EXPORTS}/{number}", 403)):
        assert call().code == "proof_needed"
    assert key.get(EXPORTS).json["items"][0]["id"] == number


def test_the_list_goes_on(ada: ApiClient) -> None:
    for kind in ("people", "ratings", "actions"):
        ada.post(ASK, {"kind": kind}, 202)
    first = ada.get(f"{EXPORTS}?limit=2").json
    rest = ada.get(f"{EXPORTS}?limit=2&cursor={first['next']}").json
    kinds = [item["kind"] for page in (first, rest) for item in page["items"]]
    assert kinds == ["actions", "ratings", "people"]
    assert rest["next"] is None
