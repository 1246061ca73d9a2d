from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from portal import clock
from portal.extensions import db
from portal.models.people import AccountEvent, User, UserSession
from portal.security.people import sessions
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.conftest import MakeApp
from tests.page import Page, Visitor
from tests.totp import CODES, code_of, set_up

LOGIN, CODE = "/auth/login", "/auth/login/code"


@pytest.fixture
def secret(app: Flask, cast: Cast) -> str:
    """Ann has an app."""
    return set_up(app, cast.ann)


def give_password(visitor: Visitor, **more: str) -> Page:
    return visitor.post(LOGIN, {"email": "ann@example.com", "password": PASSWORD, **more})


def is_signed_in(visitor: Visitor) -> bool:
    return visitor.http.get("/tickets/").status_code == 200


def session_rows(app: Flask) -> list[UserSession]:
    with app.app_context():
        return list(db.session.scalars(select(UserSession)))


def test_the_password_alone_does_not_sign_in(app: Flask, client: Visitor, secret: str):
    page = give_password(client)
    assert page.location == CODE
    assert client.follow(page).one("input", name="code")["autocomplete"] == "one-time-code"
    assert not is_signed_in(client)
    assert session_rows(app) == []


def test_the_code_signs_in_and_leads_to_the_page_that_was_wanted(
    app: Flask, client: Visitor, secret: str
):
    give_password(client, next="/tickets/new", remember="1")
    assert client.post(CODE, {"code": code_of(secret)}).location == "/tickets/new"
    assert is_signed_in(client)
    assert [row.remembered for row in session_rows(app)] == [True]


def test_a_code_that_was_used_is_refused(
    client: Visitor, visit: Callable[[], Visitor], secret: str
):
    give_password(client)
    code = code_of(secret)
    client.post(CODE, {"code": code})
    thief = visit()
    give_password(thief)
    page = thief.post(CODE, {"code": code}, status=422)
    assert "is not right, or was used before" in page.words
    assert not is_signed_in(thief)


def test_a_recovery_code_signs_in_once(client: Visitor, visit: Callable[[], Visitor], secret: str):
    give_password(client)
    client.post(CODE, {"code": CODES[0]})
    assert "Codes left: 9." in client.get("/tickets/").words
    thief = visit()
    give_password(thief)
    thief.post(CODE, {"code": CODES[0]}, status=422)
    assert not is_signed_in(thief)


@pytest.mark.threat("sessions known beforehand")
def test_a_cookie_kept_from_before_the_code_signs_in_nobody_afterwards(
    client: Visitor, visit: Callable[[], Visitor], secret: str
):
    give_password(client)
    kept = client.cookie()
    client.post(CODE, {"code": code_of(secret)})
    thief = visit()
    thief.set_cookie(kept)
    page = thief.post(CODE, {"code": code_of(secret, ahead=timedelta(seconds=30))})
    assert page.location == LOGIN
    assert not is_signed_in(thief)


def test_five_minutes_are_enough(client: Visitor, secret: str):
    give_password(client)
    with time_machine.travel(clock.now() + timedelta(minutes=5, seconds=1)):
        page = client.post(CODE, {"code": code_of(secret)})
        assert page.location == LOGIN
        assert "Please sign in again" in client.follow(page).words


def test_without_a_password_there_is_no_code_to_give(client: Visitor, secret: str):
    assert client.get(CODE, status=303).location == LOGIN
    assert client.post(CODE, {"code": code_of(secret)}).location == LOGIN


def test_a_new_password_meanwhile_starts_from_the_beginning(
    app: Flask, client: Visitor, cast: Cast, secret: str
):
    give_password(client)
    with factories.writing(app):
        sessions.end_all(db.session.get_one(User, cast.ann.id))
    assert client.post(CODE, {"code": code_of(secret)}).location == LOGIN


def test_a_new_password_is_no_way_around_the_code(
    app: Flask, client: Visitor, cast: Cast, secret: str
):
    with factories.writing(app):
        user = db.session.get_one(User, cast.ann.id)
        user.password_hash = db.session.get_one(User, cast.bob.id).password_hash
        sessions.end_all(user)
    assert give_password(client).location == CODE


def test_a_disabled_account_gets_no_further(app: Flask, client: Visitor, cast: Cast, secret: str):
    give_password(client)
    with factories.writing(app):
        db.session.execute(update(User).where(User.id == cast.ann.id).values(is_active=False))
    assert client.post(CODE, {"code": code_of(secret)}).location == LOGIN


@pytest.mark.threat("guessing without end")
def test_guessing_codes_is_slowed_for_the_account_and_written_down(
    app: Flask, visit: Callable[[], Visitor], cast: Cast, secret: str
):
    one, other = visit(), visit()
    give_password(one)
    give_password(other)
    for number in range(5):
        (one, other)[number % 2].post(CODE, {"code": f"{number:06}"}, status=422)
    one.post(CODE, {"code": code_of(secret)}, status=429)
    other.post(CODE, {"code": code_of(secret)}, status=429)
    with app.app_context():
        failed = select(AccountEvent).where(AccountEvent.kind == "sign_in_failed")
        events = db.session.scalars(failed).all()
    assert [(event.user_id, event.data) for event in events] == [
        (cast.ann.id, {"step": "code"})
    ] * 5


def test_an_empty_code_is_named(client: Visitor, secret: str):
    give_password(client)
    assert "Please fill this in." in client.post(CODE, {"code": " "}, status=422).words


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", '{"response": {}}', '{"id": "x", "response": 1}', "["]
)
def test_nonsense_for_a_passkey_is_refused(client: Visitor, secret: str, answer: str):
    give_password(client)
    client.post("/auth/passkey/options", status=200)
    page = client.post(CODE, {"credential": answer}, status=422)
    assert "The passkey was not accepted." in page.words
    client.post("/auth/passkey/options", status=200)
    assert client.post("/auth/passkey", {"credential": answer}).location.startswith(LOGIN)
    assert not is_signed_in(client)


@pytest.mark.threat("telling who exists")
def test_strangers_are_told_of_nobodys_passkeys(client: Visitor, secret: str):
    options = client.post("/auth/passkey/options", status=200).json
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"
    assert options["rpId"] == "localhost"
    assert (
        client.post("/auth/passkey/options", status=200).json["challenge"] != options["challenge"]
    )


def test_for_a_bare_address_no_passkeys_are_offered(another_app: MakeApp, app: Flask):
    made = another_app(BASE_URL="http://127.0.0.1:8000")
    visitor = Visitor(made)
    assert "passkey" not in visitor.get(LOGIN).text
    assert "passkey" in Visitor(app).get(LOGIN).text
