from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import User
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("ru-RU,ru;q=0.9,en;q=0.5", "ru"), ("de,fr", "en"), ("en-GB", "en"), ("", "en"), ("*", "en")],
)
def test_a_stranger_is_spoken_to_in_the_browsers_language(
    client: Visitor, accepted: str, language: str
):
    page = client.get("/auth/login", headers={"Accept-Language": accepted})
    assert page.one("html")["lang"] == language
    assert page.headers["Content-Language"] == language


def test_the_switch_is_remembered_in_a_cookie(client: Visitor):
    assert (
        client.post("/language", {"locale": "ru", "next": "/auth/login"}).location == "/auth/login"
    )
    assert client.get("/auth/login").one("html")["lang"] == "ru"


def test_the_switch_is_remembered_in_the_account(visit: Callable[[], Visitor], cast: Cast):
    visit().sign_in(cast.ann).post("/language", {"locale": "ru"})
    assert visit().sign_in(cast.ann).get("/tickets/").one("html")["lang"] == "ru"


def test_what_is_refused_at_the_gate_is_said_in_the_readers_language(
    visit: Callable[[], Visitor], cast: Cast
):
    visit().get("/auth/login", headers={"Accept-Language": "ru"})
    page = visit().post("/auth/login", {"csrf_token": "old"}, status=400)
    assert page.one("html")["lang"] == "en"


def test_an_unknown_language_is_refused(client: Visitor):
    client.post("/language", {"locale": "xx"}, status=422)


@pytest.mark.threat("redirects elsewhere")
def test_the_switch_leads_nowhere_else(client: Visitor):
    assert client.post("/language", {"locale": "ru", "next": "//evil.example"}).location == "/"


def seen_at(page: Page) -> str:
    """The time of the ticket's first message."""
    return page.one("li", class_="msg").one("time")["title"]


@pytest.mark.parametrize(
    ("own", "cookie", "shown"),
    [
        ("", "Asia/Yekaterinburg", "Mar 5, 2026, 17:00"),
        ("America/New_York", "Asia/Yekaterinburg", "Mar 5, 2026, 07:00"),
        ("UTC", "Asia/Yekaterinburg", "Mar 5, 2026, 12:00"),
        ("", "Mars/Olympus", "Mar 5, 2026, 12:00"),
        ("", "../../etc/passwd", "Mar 5, 2026, 12:00"),
        ("", "", "Mar 5, 2026, 12:00"),
    ],
)
def test_times_are_in_the_zone_that_one_has_chosen_else_in_the_browsers(
    client: Visitor, app: Flask, cast: Cast, own: str, cookie: str, shown: str
):
    with clock.at(datetime(2026, 3, 5, 12, tzinfo=UTC)):
        factories.file_ticket(app, cast.ann)
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).timezone = own
    client.http.set_cookie("timezone", cookie)
    page = client.sign_in(cast.ann).get("/tickets/REQ000001")
    assert seen_at(page) == shown
    assert ("Times are in UTC." in page.one("footer").text) == shown.endswith("12:00")


def test_who_has_chosen_a_zone_can_go_by_the_browser_again(client: Visitor, cast: Cast):
    client.sign_in(cast.ann).post("/account/", {"timezone": "Asia/Omsk"})
    client.post("/account/", {"timezone": ""})
    chosen = client.get("/account/").one("select", name="timezone").all("option", selected=True)
    assert [option["value"] for option in chosen] == [""]
