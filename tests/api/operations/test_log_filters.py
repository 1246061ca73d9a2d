"""What an admin's program finds in the same few lines of the logs."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests import factories
from tests.api.api_client import ApiClient, key_of, token_of
from tests.api.operations.test_logs import ACTIONS, REQUESTS, STATS, written
from tests.cast import Cast, make_cast
from tests.databases import BOTH, unchanged

pytestmark = BOTH


@pytest.fixture(scope="module")
def people(shared_app: Flask) -> Cast:
    return make_cast(shared_app)


@pytest.fixture(scope="module")
def busy(shared_app: Flask, people: Cast) -> str:
    """Ann has a ticket and a key, reads herself twice by it, and is refused once without it."""
    factories.file_ticket(shared_app, people.ann)
    key = key_of(shared_app, people.ann)
    for _ in range(2):
        ApiClient(shared_app, key).get("/users/me")
    ApiClient(shared_app).get("/users/me", 401)
    written(shared_app)
    return key


@pytest.fixture(scope="module")
def others(shared_app: Flask, people: Cast) -> dict[str, ApiClient]:
    return {
        name: ApiClient(shared_app, token_of(shared_app, getattr(people, name)))
        for name in ("ann", "sam")
    }


@pytest.fixture(scope="module")
def ada(
    shared_app: Flask, people: Cast, busy: str, others: dict[str, ApiClient]
) -> Iterator[ApiClient]:
    """The admin's program, after all that."""
    made = ApiClient(shared_app, token_of(shared_app, people.ada))
    with unchanged(shared_app):
        yield made


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
def test_requests_are_filtered(ada: ApiClient, query: str, number: int) -> None:
    assert len(ada.get(f"{REQUESTS}?{query}").json["items"]) == number


def test_requests_of_a_key(ada: ApiClient, busy: str) -> None:
    assert len(ada.get(f"{REQUESTS}?key={busy[:11]}").json["items"]) == 2


def test_actions_are_told_with_their_seal(ada: ApiClient) -> None:
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


def test_statistics(ada: ApiClient, busy: str) -> None:
    stats = ada.get(STATS).json
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
def test_what_is_wrong_is_named(ada: ApiClient, path: str, field: str) -> None:
    assert list(ada.get(path, 422).errors) == [field]


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("path", [REQUESTS, ACTIONS, STATS])
@pytest.mark.parametrize("person", ["ann", "sam"])
def test_they_are_for_admins(
    ada: ApiClient, others: dict[str, ApiClient], path: str, person: str
) -> None:
    others[person].get(path, 403)
