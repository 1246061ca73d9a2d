"""The list of signed-in browsers at `/account/security`, and signing them out from afar."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import AccountEvent, Actor, UserSession
from tests.api.api_client import ApiClient, token_of
from tests.cast import PASSWORD, Cast
from tests.page import Page, Visitor

Visit = Callable[[], Visitor]
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1 Safari/604.1"


def enter(visitor: Visitor, person: Actor, user_agent: str, **fields: str) -> Visitor:
    """Sign in with a browser of that name."""
    fields = {"email": person.email, "password": PASSWORD, **fields}
    visitor.post("/auth/login", fields, headers={"User-Agent": user_agent})
    return visitor


def ids(app: Flask, person: Actor) -> list[int]:
    with app.app_context():
        query = select(UserSession.id).where(UserSession.user_id == person.id)
        return list(db.session.scalars(query.order_by(UserSession.id)))


def devices(page: Page) -> list[str]:
    return [row.one("strong").text for row in page.one("section", id="sessions").all("li")]


def test_every_browser_is_listed_this_one_first(visit: Visit, cast: Cast) -> None:
    here = enter(visit(), cast.ann, FIREFOX)
    enter(visit(), cast.ann, PHONE)
    enter(visit(), cast.bob, PHONE)
    page = here.get("/account/security")
    assert devices(page) == ["Firefox, Windows", "Safari, iPhone"]
    first, second = page.one("section", id="sessions").all("li")
    assert "This one" in first.text and not first.all("button")
    assert "127.0.0.1" in second.text and second.all("time")


@pytest.mark.threat("sessions that outlive their end")
def test_a_browser_that_is_ended_is_out_at_its_next_request(visit: Visit, cast: Cast) -> None:
    here, there = enter(visit(), cast.ann, FIREFOX), enter(visit(), cast.ann, PHONE)
    forms = here.get("/account/security").one("section", id="sessions").one("ul").all("form")
    action = forms[0]["action"]
    page = here.follow(here.post(action))
    assert devices(page) == ["Firefox, Windows"]
    assert "/auth/login" in there.get("/account/", status=303).location
    here.post(action, status=404)


def test_all_others_are_ended_at_once_and_only_ones_own(
    visit: Visit, app: Flask, cast: Cast
) -> None:
    here = enter(visit(), cast.ann, FIREFOX)
    others = [enter(visit(), cast.ann, PHONE, remember="1") for _ in range(2)]
    bob = enter(visit(), cast.bob, PHONE)
    page = here.follow(here.post("/account/security/sessions/end-others"))
    assert devices(page) == ["Firefox, Windows"]
    assert "2 other devices" in page.words
    for other in others:
        other.get("/account/", status=303)
    bob.get("/account/")
    here.post("/account/security/sessions/end-others")
    with app.app_context():
        events = list(
            db.session.scalars(select(AccountEvent).where(AccountEvent.kind == "sessions_ended"))
        )
        assert [event.data for event in events] == [{"count": 2}]


def test_programs_are_counted_and_signed_out_with_the_others(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    api_client = ApiClient(app, token_of(app, cast.ann))
    page = client.sign_in(cast.ann).get("/account/security")
    assert "1 program is signed in with your password" in page.words
    page = client.follow(client.post("/account/security/sessions/end-others"))
    assert "1 other device" in page.words and "program is signed in" not in page.words
    api_client.get("/users/me", 401)


def test_the_own_browser_can_be_ended_too(client: Visitor, app: Flask, cast: Cast) -> None:
    client.sign_in(cast.ann)
    page = client.post(f"/account/security/sessions/{ids(app, cast.ann)[0]}/end")
    client.follow(page, status=303)


def test_what_is_ended_is_written_down_and_mailed(visit: Visit, app: Flask, cast: Cast) -> None:
    here = enter(visit(), cast.ann, FIREFOX)
    enter(visit(), cast.ann, PHONE)
    here.post(f"/account/security/sessions/{ids(app, cast.ann)[1]}/end")
    with app.app_context():
        event = db.session.scalars(
            select(AccountEvent).where(AccountEvent.kind == "session_ended")
        ).one()
        assert event.data == {"device": PHONE, "from_address": "127.0.0.1"}
        assert (event.user_id, event.actor_id) == (cast.ann.id, cast.ann.id)
        mail = db.session.scalars(select(Outbox)).one()
        assert (mail.recipient, mail.data["kind"]) == (cast.ann.email, "sessions_ended")


@pytest.mark.parametrize(
    ("remember", "away", "listed"),
    [
        ({}, timedelta(hours=13), False),
        ({"remember": "1"}, timedelta(hours=13), True),
        ({"remember": "1"}, timedelta(days=31), False),
        ({}, timedelta(days=91), False),
    ],
)
def test_what_has_run_out_is_not_listed(
    visit: Visit, cast: Cast, remember: dict[str, str], away: timedelta, listed: bool
) -> None:
    enter(visit(), cast.ann, PHONE, **remember)
    with time_machine.travel(clock.now() + away):
        page = enter(visit(), cast.ann, FIREFOX).get("/account/security")
    assert ("Safari, iPhone" in devices(page)) is listed


@pytest.mark.threat("foreign rows")
def test_nobody_ends_what_is_somebody_elses(visit: Visit, app: Flask, cast: Cast) -> None:
    bob = visit().sign_in(cast.bob)
    path = f"/account/security/sessions/{ids(app, cast.bob)[0]}/end"
    for stranger in (cast.ann, cast.sam, cast.ada):
        visit().sign_in(stranger).post(path, status=404)
    assert visit().post(path).location.startswith("/auth/login")
    assert visit().post("/account/security/sessions/end-others").location.startswith("/auth/login")
    assert "/auth/login" in visit().get("/account/security", status=303).location
    bob.get("/account/security")


@pytest.mark.parametrize("session_id", ["0", "999999", "9223372036854775807", "9" * 30, "-1", "x"])
def test_malformed_and_unknown_ids_are_nowhere(
    client: Visitor, cast: Cast, session_id: str
) -> None:
    client.sign_in(cast.ann).post(f"/account/security/sessions/{session_id}/end", status=404)


def test_nothing_is_ended_by_looking(client: Visitor, app: Flask, cast: Cast) -> None:
    client.sign_in(cast.ann)
    client.get(f"/account/security/sessions/{ids(app, cast.ann)[0]}/end", status=405)
    client.get("/account/security/sessions/end-others", status=405)
    client.http.post("/account/security/sessions/end-others")  # without a CSRF token
    assert len(ids(app, cast.ann)) == 1
