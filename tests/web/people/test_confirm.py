from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import clock
from portal.extensions import db
from portal.models.people import AccountEvent, UserSession
from portal.security.people.step_up import FRESH
from portal.web.people.confirm import confirmed
from portal.web.people.guards import guard_signed_in
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.conftest import MakeApp
from tests.page import Page, Visitor

CONFIRM = "/account/confirm"
FORM = "http://localhost/account/form?tab=2"


@pytest.fixture
def deeds() -> list[str]:
    """What the sensitive view of `desk` has done."""
    return []


@pytest.fixture
def desk(app: Flask, another_app: MakeApp, deeds: list[str]) -> Iterator[Flask]:
    """The application with one sensitive view, at /deed."""
    made = another_app()

    @confirmed
    def deed() -> str:
        deeds.append("done")
        return "done"

    made.add_url_rule("/deed", "deed", lambda: guard_signed_in() or deed(), methods=["GET", "POST"])
    return made


@pytest.fixture
def ann(desk: Flask, cast: Cast) -> Visitor:
    return Visitor(desk).sign_in(cast.ann)


def grow_old(app: Flask, age: timedelta = FRESH) -> None:
    """Let the last proof of every session lie `age` back."""
    with factories.writing(app):
        db.session.execute(update(UserSession).values(confirmed_at=clock.now() - age))


def wanted(location: str) -> tuple[str, str]:
    """The path that one is sent to, and the page to come back to."""
    parts = urlsplit(location)
    return parts.path, parse_qs(parts.query)["next"][0]


def page_after(asked: Page) -> str:
    """Where the form that asks leads to."""
    return asked.one("form", action=CONFIRM).one("input", name="next")["value"]


def test_signing_in_is_proof_enough_for_a_while(app: Flask, ann: Visitor, deeds: list[str]):
    ann.post("/deed", status=200)
    grow_old(app, FRESH - timedelta(minutes=3))
    ann.post("/deed", status=200)
    assert deeds == ["done", "done"]


@pytest.mark.threat("rules in the browser alone")
def test_an_old_session_is_asked_and_comes_back_without_having_done_anything(
    app: Flask, ann: Visitor, deeds: list[str]
):
    grow_old(app)
    page = ann.post("/deed", headers={"Referer": FORM})
    assert wanted(page.location) == (CONFIRM, "/account/form?tab=2")
    asked = ann.follow(page)
    assert "do it again" in asked.words
    back = page_after(asked)
    assert ann.post(CONFIRM, {"password": PASSWORD, "next": back}).location == back
    assert deeds == []
    ann.post("/deed", status=200)
    assert deeds == ["done"]


def test_a_page_that_asks_comes_back_to_itself(app: Flask, ann: Visitor):
    grow_old(app)
    page = ann.get("/deed?step=2", status=303)
    assert wanted(page.location) == (CONFIRM, "/deed?step=2")
    assert "do it again" not in ann.follow(page).words


def test_htmx_leads_the_whole_page_there(app: Flask, ann: Visitor, deeds: list[str]):
    grow_old(app)
    page = ann.post("/deed", status=401, htmx=True, headers={"HX-Current-URL": FORM})
    assert wanted(page.headers["HX-Redirect"]) == (CONFIRM, "/account/form?tab=2")
    assert deeds == []


def test_one_browser_proves_nothing_for_another(app: Flask, desk: Flask, ann: Visitor, cast: Cast):
    other = Visitor(desk).sign_in(cast.ann)
    grow_old(app)
    ann.post(CONFIRM, {"password": PASSWORD})
    ann.post("/deed", status=200)
    other.post("/deed")


def test_a_wrong_password_proves_nothing_and_is_written_down(
    app: Flask, ann: Visitor, cast: Cast, deeds: list[str]
):
    grow_old(app)
    page = ann.post(CONFIRM, {"password": "wrong"}, status=422)
    assert "This is not your password." in page.words
    assert "Please fill this in." in ann.post(CONFIRM, {}, status=422).words
    ann.post("/deed")
    assert deeds == []
    with app.app_context():
        event = db.session.scalars(select(AccountEvent).order_by(AccountEvent.id.desc())).first()
        assert event is not None
        assert (event.user_id, event.kind, event.data) == (
            cast.ann.id,
            "sign_in_failed",
            {"step": "confirm"},
        )


@pytest.mark.threat("guessing without end")
def test_guessing_is_slowed_in_the_session_where_it_is_done_and_nowhere_else(
    app: Flask, desk: Flask, ann: Visitor, cast: Cast
):
    thief = Visitor(desk).sign_in(cast.ann)
    for _ in range(10):
        thief.post(CONFIRM, {"password": "wrong"}, status=422)
    thief.post(CONFIRM, {"password": PASSWORD}, status=429)
    ann.post(CONFIRM, {"password": ""}, status=422)
    ann.post(CONFIRM, {"password": PASSWORD})


@pytest.mark.threat("redirects elsewhere")
@pytest.mark.parametrize("evil", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_after_the_proof_one_stays_on_this_site(ann: Visitor, evil: str):
    assert ann.post(CONFIRM, {"password": PASSWORD, "next": evil}).location == "/"
    page = ann.get(f"{CONFIRM}?next={evil}")
    assert page_after(page) == "/"


def test_strangers_are_asked_to_sign_in(client: Visitor):
    assert "/auth/login" in client.get(CONFIRM, status=303).location
    assert "/auth/login" in client.post(CONFIRM, {"password": PASSWORD}).location
