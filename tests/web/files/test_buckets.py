"""A desk whose files are in a bucket works as one with a folder does."""

import io
from collections.abc import Callable, Iterator

import pytest
import urllib3
from flask import Flask

from portal.web.operations import health
from tests import s3_server
from tests.api.api_client import token_of
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.page import Visitor
from tests.s3_server import Buckets
from tests.waiting import PATIENCE

TICKET = {"subject": "Cold", "message": "It is.", "priority": "low"}
FILE = "/tickets/REQ000001/attachments/1"

MakeDesk = Callable[..., Flask]


@pytest.fixture
def buckets() -> Iterator[Buckets]:
    with s3_server.s3_server("files") as running:
        yield running


@pytest.fixture
def make_desk(another_app: MakeApp, buckets: Buckets, monkeypatch: pytest.MonkeyPatch) -> MakeDesk:
    monkeypatch.setattr(health, "_TIMEOUT_SECONDS", PATIENCE)
    return lambda **settings: another_app(**s3_server.settings(buckets), **settings)


@pytest.fixture
def filed(make_desk: MakeDesk, cast: Cast) -> Flask:
    """A desk with a ticket that has a file."""
    desk = make_desk()
    file = {"attachments": (io.BytesIO(b"\x00attached"), "photo.bin")}
    Visitor(desk).sign_in(cast.ann).post("/tickets/new", {**TICKET, **file})
    return desk


def test_a_file_of_a_ticket_is_in_the_bucket_and_comes_back(
    filed: Flask, cast: Cast, buckets: Buckets
) -> None:
    [content] = [
        c for name, (c, _moment) in buckets.objects["files"].items() if "/desk" not in name
    ]
    answer = Visitor(filed).sign_in(cast.ann).http.get(FILE)
    assert content == answer.data == b"\x00attached"
    assert Visitor(filed).sign_in(cast.bob).http.get(FILE).status_code == 404


def test_the_bucket_is_marked_as_the_desk_s(filed: Flask, buckets: Buckets) -> None:
    assert "desk/desk" in buckets.objects["files"]
    assert health_of(filed) == "ok"


def test_a_desk_may_lead_browsers_to_the_bucket(
    make_desk: MakeDesk, filed: Flask, cast: Cast
) -> None:
    leading = make_desk(S3_DOWNLOADS="link")
    ann = Visitor(leading).sign_in(cast.ann)
    answer = ann.http.get(FILE)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "private, no-store")
    fetched = urllib3.request("GET", answer.headers["Location"])
    assert fetched.data == b"\x00attached"
    assert "photo.bin" in fetched.headers["Content-Disposition"]
    assert Visitor(leading).sign_in(cast.bob).http.get(FILE).status_code == 404


def test_pictures_on_pages_and_answers_to_programs_come_from_us_all_the_same(
    make_desk: MakeDesk, filed: Flask, cast: Cast
) -> None:
    leading = make_desk(S3_DOWNLOADS="link")
    ann = Visitor(leading).sign_in(cast.ann)
    shown = ann.http.get(FILE, headers={"Sec-Fetch-Dest": "image"})
    looked = ann.http.head(FILE)
    with leading.test_client() as client:
        fetched = client.get(
            "/api/v1/attachments/1",
            headers={"Authorization": f"Bearer {token_of(leading, cast.ann)}"},
        )
    assert [answer.status_code for answer in (shown, looked, fetched)] == [200, 200, 200]


def test_what_the_bucket_refuses_is_said_and_what_was_typed_is_kept(
    make_desk: MakeDesk, cast: Cast, buckets: Buckets
) -> None:
    desk = make_desk()
    ann = Visitor(desk).sign_in(cast.ann)
    ann.post("/tickets/new", {**TICKET, "attachments": (io.BytesIO(b"x"), "x.bin")})
    buckets.trouble = (403, "QuotaExceeded")
    file = {"attachments": (io.BytesIO(b"x"), "x.bin")}
    answer = ann.post("/tickets/new", {**TICKET, **file}, 507)
    assert "It is." in answer.text
    assert health_of(desk) == "failed"


def test_a_bucket_that_is_away_is_said_to_who_fetches_a_file(
    filed: Flask, cast: Cast, buckets: Buckets
) -> None:
    ann = Visitor(filed).sign_in(cast.ann)
    buckets.trouble = (403, "AccessDenied")
    answer = ann.http.get(FILE)
    assert answer.status_code == 503
    assert "Not available at the moment" in answer.text


def health_of(app: Flask) -> str:
    state: str = Visitor(app).http.get("/health/ready").get_json()["checks"]["files"]
    return state
