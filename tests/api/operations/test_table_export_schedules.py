"""`/admin/exports/schedules`: exports that are made again and again, for programs."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.operations import TableExportSchedule
from portal.models.people import KeyScope, Right, User
from tests import factories
from tests.api.api_client import ApiClient, key_of, token_of
from tests.cast import Cast

PATH = "/admin/exports/schedules"
MONDAYS = {"every": "week", "weekday": 1, "hour": 7, "filter": "status=open", "columns": ["number"]}


@pytest.fixture
def ada(app: Flask, cast: Cast) -> ApiClient:
    return ApiClient(app, token_of(app, cast.ada))


def test_a_schedule_is_made_listed_changed_and_deleted(ada: ApiClient) -> None:
    made = ada.post(PATH, MONDAYS, 201)
    assert made.headers["Location"] == f"/api/v1{PATH}"
    assert (made.json["kind"], made.json["format"]) == ("tickets", "csv")
    assert (made.json["weekday"], made.json["filter"]) == (1, "view=all&status=open")
    changed = ada.patch(f"{PATH}/1", {"every": "month", "format": "xlsx"}).json
    same = {"every", "format", "next_run_at"}
    assert (changed["every"], changed["format"]) == ("month", "xlsx")
    assert {k: v for k, v in changed.items() if k not in same} == {
        k: v for k, v in made.json.items() if k not in same
    }
    assert ada.get(PATH).json == {"items": [changed], "next": None}
    ada.delete(f"{PATH}/1", 204)
    assert ada.get(PATH).json["items"] == []
    ada.delete(f"{PATH}/1", 404)
    ada.patch(f"{PATH}/1", {"hour": 8}, 404)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**MONDAYS, "every": "year"}, "every"),
        ({**MONDAYS, "weekday": 8}, "weekday"),
        ({**MONDAYS, "hour": 24}, "hour"),
        ({**MONDAYS, "columns": ["password_hash"]}, "columns"),
        ({**MONDAYS, "filter": "q=status:"}, "filter"),
        ({**MONDAYS, "filter": "colour=red"}, "filter"),
        ({"hour": 7}, "every"),
        ({**MONDAYS, "since": "2026-11-01T00:00:00Z"}, "since"),
    ],
)
def test_what_makes_no_sense_is_said_by_field(ada: ApiClient, body: object, field: str) -> None:
    assert field in ada.post(PATH, body, 422).errors
    assert ada.get(PATH).json["items"] == []


@pytest.mark.threat("rules in the browser alone")
def test_it_takes_the_right_and_a_proof_and_is_ones_own(
    app: Flask, cast: Cast, ada: ApiClient
) -> None:
    ada.post(PATH, MONDAYS, 201)
    ApiClient(app, token_of(app, cast.sam)).post(PATH, MONDAYS, 403)
    with factories.writing(app):
        user = db.session.get_one(User, cast.sam.id)
        user.granted_rights = user.rights = Right.EXPORTS
    sam = ApiClient(app, token_of(app, cast.sam))
    assert sam.get(PATH).json["items"] == []
    sam.patch(f"{PATH}/1", {"hour": 8}, 404)
    sam.delete(f"{PATH}/1", 404)
    key = ApiClient(app, key_of(app, cast.ada, KeyScope.WRITE))
    key.post(PATH, MONDAYS, 403)
    key.patch(f"{PATH}/1", {"hour": 8}, 403)
    with app.app_context():
        assert db.session.get_one(TableExportSchedule, 1).hour == 7
