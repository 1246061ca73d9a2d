from collections.abc import Callable
from datetime import UTC, datetime

import bcrypt
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from portal.extensions import begin_write, db
from portal.models.people import AccountEvent, User, UserSession
from portal.security.people import passwords
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.conftest import MakeApp
from tests.page import Visitor

LOGIN = "/auth/login"


def fields(email: str, password: str = PASSWORD, **more: str) -> dict[str, str]:
    return {"email": email, "password": password, **more}


def test_customers_come_to_their_tickets_and_staff_to_the_queue(
    visit: Callable[[], Visitor], cast: Cast
):
    for person, home in ((cast.ann, "/tickets/"), (cast.sam, "/tickets/queue")):
        visitor = visit()
        assert visitor.post(LOGIN, fields(person.email)).location == "/"
        assert visitor.get("/", status=303).location == home


def test_the_address_may_be_typed_in_capitals(client: Visitor, cast: Cast):
    client.post(LOGIN, fields(cast.ann.email.upper()))
    client.get("/tickets/")


@pytest.mark.parametrize(
    ("typed", "field"),
    [({}, "email"), (fields("", "x"), "email"), (fields("ann@example.com", "wrong"), "password")],
)
def test_the_cursor_stands_where_something_is_to_be_typed(
    client: Visitor, cast: Cast, typed: dict[str, str], field: str
):
    page = client.post(LOGIN, typed, status=422) if typed else client.get(LOGIN)
    assert [control["name"] for control in page.all("input", autofocus=True)] == [field]
    assert page.one("input", name="email")["value"] == typed.get("email", "")


@pytest.mark.threat("telling who exists")
@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ann@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("ann@example.com", PASSWORD[:-1]),
        ("ann@example.com", "x" * 5000),
        ("ann@example.com", "пароль" * 40),
    ],
)
def test_a_wrong_pair_is_told_one_sentence(client: Visitor, cast: Cast, email: str, password: str):
    page = client.post(LOGIN, fields(email, password), status=422)
    assert "That address and password do not go together." in page.words
    assert "nobody@example.com" not in client.get(LOGIN).words


@pytest.mark.parametrize("rounds", [4, 5])
def test_a_hash_of_another_system_or_cost_is_renewed_at_the_next_sign_in(
    visit: Callable[[], Visitor], cast: Cast, app: Flask, rounds: int
):
    foreign = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(rounds)).decode()
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).password_hash = foreign
    visit().post(LOGIN, fields(cast.ann.email, "wrong"), status=422)
    for _time in range(2):
        visit().enter(cast.ann).get("/tickets/")
    with app.app_context():
        kept = db.session.get_one(User, cast.ann.id).password_hash
    assert kept
    assert not passwords.needs_rehash(kept, rounds=app.config["BCRYPT_ROUNDS"])
    assert passwords.verify(PASSWORD, kept, rounds=app.config["BCRYPT_ROUNDS"])


@pytest.mark.threat("telling who exists")
def test_a_disabled_account_is_told_the_same(client: Visitor, cast: Cast, app: Flask):
    with app.app_context():
        begin_write()
        db.session.execute(update(User).where(User.id == cast.ann.id).values(is_active=False))
        db.session.commit()
    page = client.post(LOGIN, fields(cast.ann.email), status=422)
    assert "do not go together" in page.words


def test_missing_fields_are_named(client: Visitor):
    page = client.post(LOGIN, {}, status=422)
    assert page.words.count("Please fill this in.") == 2


@pytest.mark.threat("redirects elsewhere")
@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/tickets/REQ000001", "/tickets/REQ000001"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("https:evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/x" * 2000, "/"),
    ],
)
def test_after_signing_in_one_stays_on_this_site(
    client: Visitor, cast: Cast, wanted: str, reached: str
):
    assert client.post(LOGIN, fields(cast.ann.email, next=wanted)).location == reached


@pytest.mark.threat("sessions known beforehand")
def test_signing_in_gives_a_new_session_and_a_new_csrf_secret(client: Visitor, cast: Cast):
    before = client.csrf_token()
    client.post(LOGIN, fields(cast.ann.email))
    first = client.cookie()
    page = client.http.post("/auth/logout", data={"csrf_token": before})
    assert page.status_code == 400
    client.post(LOGIN, fields(cast.ann.email))
    assert client.cookie() != first


@pytest.mark.threat("sessions that outlive their end")
def test_a_cookie_kept_from_before_signing_out_opens_nothing(
    client: Visitor, visit: Callable[[], Visitor], cast: Cast
):
    client.enter(cast.ann)
    kept = client.cookie()
    page = client.post("/auth/logout")
    assert page.location == "/"
    assert "cache" in page.headers["Clear-Site-Data"]
    thief = visit()
    thief.set_cookie(kept)
    assert "/auth/login" in thief.get("/tickets/", status=303).location


@pytest.mark.threat("sessions that outlive their end")
def test_a_session_ends_when_it_lies_idle_too_long(client: Visitor, cast: Cast, app: Flask):
    client.enter(cast.ann)
    with app.app_context():
        begin_write()
        row = db.session.query(UserSession).one()
        row.last_seen_at -= app.config["SESSION_IDLE"] * 1.01
        db.session.commit()
    client.get("/tickets/", status=303)


@pytest.mark.threat("sessions that outlive their end")
def test_a_session_ends_for_good_at_its_absolute_limit(client: Visitor, cast: Cast, app: Flask):
    client.enter(cast.ann)
    with app.app_context():
        begin_write()
        row = db.session.query(UserSession).one()
        row.expires_at = row.created_at
        db.session.commit()
    client.get("/tickets/", status=303)


def test_who_is_signed_in_needs_no_form(client: Visitor, cast: Cast):
    client.enter(cast.ann)
    assert client.get(LOGIN, status=303).location == "/"


@pytest.mark.threat("forged requests")
def test_signing_out_needs_a_token_and_a_post(client: Visitor, cast: Cast):
    client.enter(cast.ann)
    client.get("/auth/logout", status=405)
    assert client.http.post("/auth/logout").status_code == 400
    client.get("/tickets/")


@pytest.mark.threat("guessing without end")
def test_guessing_is_slowed_by_account_and_by_address(visit: Callable[[], Visitor], cast: Cast):
    visitor = visit()
    for _ in range(10):
        visitor.post(LOGIN, fields(cast.ann.email, "wrong"), status=422)
    page = visitor.post(LOGIN, fields(cast.ann.email, "wrong"), status=429)
    assert int(page.headers["Retry-After"]) > 0
    for number in range(10):
        visitor.post(LOGIN, fields(f"nobody{number}@example.com", "wrong"), status=422)
    visitor.post(LOGIN, fields("other@example.com", "wrong"), status=429)


@pytest.mark.threat("guessing without end")
def test_a_forged_address_header_does_not_help_guessing(visit: Callable[[], Visitor], cast: Cast):
    visitor = visit()
    statuses = [
        visitor.http.post(
            LOGIN,
            data={**fields(f"n{number}@example.com", "wrong"), "csrf_token": visitor.csrf_token()},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        ).status_code
        for number in range(21)
    ]
    assert statuses == [422] * 20 + [429]


@pytest.mark.threat("guessing without end")
def test_limits_hold_while_the_queue_server_is_away(another_app: MakeApp, app: Flask, cast: Cast):
    away = another_app(REDIS_URL="unix:///nowhere/queue.sock?db=0")
    visitor = Visitor(away)
    # Counted in memory, tries weigh less at each full five minutes of the clock.
    with time_machine.travel(datetime(2030, 1, 1, 12, 1, tzinfo=UTC)):
        statuses = [
            visitor.http.post(
                LOGIN,
                data={**fields(cast.ann.email, "wrong"), "csrf_token": visitor.csrf_token()},
            ).status_code
            for _ in range(11)
        ]
    assert statuses == [422] * 10 + [429]


@pytest.mark.threat("telling who exists")
def test_nobody_waits_longer_because_the_account_exists(
    visit: Callable[[], Visitor], cast: Cast, app: Flask, monkeypatch: pytest.MonkeyPatch
):
    """V14: one check of a hash in each case, counted, for a clock would be wrong now and then."""
    with factories.writing(app):
        db.session.get_one(User, cast.bob.id).is_active = False
        db.session.get_one(User, cast.carl.id).is_verified = False
    check, calls = bcrypt.checkpw, []
    monkeypatch.setattr(bcrypt, "checkpw", lambda *args: calls.append(args) or check(*args))
    answers = set()
    for email in ("ann@example.com", "nobody@example.com", "bob@example.com", "carl@example.com"):
        calls.clear()
        page = visit().post(LOGIN, fields(email, "wrong"), status=422)
        answers.add((len(calls), page.words))
    assert len(answers) == 1
    assert answers.pop()[0] == 1


def test_sign_ins_failures_and_endings_stand_in_the_account_log(
    client: Visitor, cast: Cast, app: Flask
):
    agent = {"User-Agent": "Firefox/140"}
    client.post(LOGIN, fields(cast.ann.email, "wrong"), status=422, headers=agent)
    client.post(LOGIN, fields("nobody@example.com"), status=422, headers=agent)
    client.post(LOGIN, fields(cast.ann.email), headers=agent)
    client.post("/auth/logout", headers=agent)
    with app.app_context():
        lines = list(db.session.scalars(select(AccountEvent).order_by(AccountEvent.id)))
        assert [(line.kind, line.actor_id) for line in lines] == [
            ("sign_in_failed", None),
            ("sign_in_failed", None),
            ("signed_in", cast.ann.id),
            ("signed_out", cast.ann.id),
        ]
        assert [line.user_id for line in lines] == [cast.ann.id, None, cast.ann.id, cast.ann.id]
        assert {(line.address, line.user_agent) for line in lines} == {("127.0.0.1", "Firefox/140")}


@pytest.mark.threat("guessing without end")
def test_a_stranger_who_guesses_does_not_lock_out_whoever_signed_in_here_before(
    visit: Callable[[], Visitor], cast: Cast
):
    ann, stranger = visit().enter(cast.ann), visit()
    ann.post("/auth/logout")
    for _ in range(10):
        stranger.post(LOGIN, fields(cast.ann.email, "wrong"), status=422)
    stranger.post(LOGIN, fields(cast.ann.email), status=429)
    elsewhere = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}  # the stranger's has been used up
    ann.post(LOGIN, fields(cast.ann.email), **elsewhere)
    ann.post("/auth/logout", **elsewhere)
    for _ in range(10):
        ann.post(LOGIN, fields(cast.ann.email, "wrong"), status=422, **elsewhere)
    ann.post(LOGIN, fields(cast.ann.email), status=429, **elsewhere)


@pytest.mark.threat("guessing without end")
def test_a_browser_counts_for_nobody_but_who_signed_in_there(
    visit: Callable[[], Visitor], cast: Cast
):
    stranger = visit().enter(cast.carl)
    stranger.post("/auth/logout")
    for _ in range(10):
        stranger.post(LOGIN, fields(cast.ann.email, "wrong"), status=422)
    visit().post(LOGIN, fields(cast.ann.email), status=429)
    for forged in ("", "x", "W10.x.y", "null"):
        stranger.http.set_cookie("lodge-device", forged)
        stranger.post(LOGIN, fields(cast.ann.email), status=429)
