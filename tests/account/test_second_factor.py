from datetime import timedelta
from html import unescape

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from portal import clock
from portal.extensions import db
from portal.models.people import Passkey, User, UserSession
from portal.security.people.step_up import FRESH
from tests import factories
from tests.cast import PASSWORD, Cast
from tests.conftest import MakeApp
from tests.page import Visitor
from tests.totp import code_of, set_up

SECURITY, TOTP, SHOWN = "/account/security", "/account/security/totp", "/account/security/codes"
NEEDS_PROOF = [
    ("GET", TOTP),
    ("POST", TOTP),
    ("POST", f"{TOTP}/confirm"),
    ("POST", f"{TOTP}/remove"),
    ("GET", SHOWN),
    ("POST", SHOWN),
    ("POST", f"{SECURITY}/passkeys"),
    ("POST", f"{SECURITY}/passkeys/options"),
    ("POST", f"{SECURITY}/passkeys/1/remove"),
]


@pytest.fixture
def ann(client: Visitor, cast: Cast) -> Visitor:
    return client.sign_in(cast.ann)


def begin(visitor: Visitor) -> str:
    """Begin to set up an app; answers the secret that the page shows."""
    page = visitor.follow(visitor.post(TOTP))
    assert page.one("svg", class_="qr").all("path")
    return page.one("code", id="secret").text.replace(" ", "")


def add_passkey(app: Flask, person_id: int, name: str = "Old phone") -> int:
    with factories.writing(app):
        passkey = Passkey(user_id=person_id, name=name, credential_id=name, public_key="")
        db.session.add(passkey)
        db.session.flush()
        return passkey.id


def test_an_app_is_set_up_by_one_code_and_recovery_codes_are_shown_once(ann: Visitor):
    assert "Your password alone signs you in" in ann.get(SECURITY).words
    secret = begin(ann)
    page = ann.post(f"{TOTP}/confirm", {"code": code_of(secret)})
    assert page.location == SHOWN
    shown = ann.follow(page)
    codes = [code.text for code in shown.one("ul", class_="codes").all("code")]
    assert len(set(codes)) == 10
    assert shown.headers["Cache-Control"] == "no-store"
    assert ann.get(SHOWN, status=303).location == SECURITY
    assert "Unused: 10." in ann.get(SECURITY).words
    ann.post("/auth/logout")
    ann.post("/auth/login", {"email": "ann@example.com", "password": PASSWORD})
    ann.post("/auth/login/code", {"code": codes[7]})
    assert "Unused: 9." in ann.get(SECURITY).words


def test_the_codes_of_a_kept_cookie_are_not_shown_later(ann: Visitor):
    ann.post(f"{TOTP}/confirm", {"code": code_of(begin(ann))})
    with time_machine.travel(clock.now() + FRESH + timedelta(seconds=1)):
        ann.post("/account/confirm", {"password": PASSWORD})
        ann.get(SHOWN, status=303)


def test_a_wrong_first_code_changes_nothing(ann: Visitor):
    secret = begin(ann)
    page = ann.post(f"{TOTP}/confirm", {"code": "12345"}, status=422)
    assert "This code is not right" in page.words
    assert secret == page.one("code", id="secret").text.replace(" ", "")
    assert "In use" not in ann.get(SECURITY).words


def test_beginning_again_gives_another_secret(ann: Visitor):
    first, second = begin(ann), begin(ann)
    assert first != second
    ann.post(f"{TOTP}/confirm", {"code": code_of(first)}, status=422)
    ann.post(f"{TOTP}/confirm", {"code": code_of(second)})


def test_an_app_in_use_has_no_secret_to_show(app: Flask, ann: Visitor, cast: Cast):
    secret = set_up(app, cast.ann)
    assert ann.get(TOTP, status=303).location == SECURITY
    assert ann.post(TOTP).location == SECURITY
    ann.post(f"{TOTP}/confirm", {"code": code_of(secret)})


def test_an_app_can_be_removed(app: Flask, ann: Visitor, cast: Cast):
    set_up(app, cast.ann)
    ann.post(f"{TOTP}/remove")
    page = ann.get(SECURITY)
    assert "its codes are not asked for any more" in page.words
    assert "In use" not in page.words
    assert "Recovery codes" not in page.words


def test_recovery_codes_can_be_renewed_by_who_needs_them(app: Flask, ann: Visitor, cast: Cast):
    assert ann.post(SHOWN).location == SECURITY
    set_up(app, cast.ann)
    assert len(ann.follow(ann.post(SHOWN)).one("ul", class_="codes").all("code")) == 10


@pytest.mark.threat("rules in the browser alone")
@pytest.mark.parametrize(("method", "path"), NEEDS_PROOF)
def test_every_change_asks_for_a_fresh_password(
    app: Flask, ann: Visitor, cast: Cast, method: str, path: str
):
    with factories.writing(app):
        db.session.execute(update(UserSession).values(confirmed_at=clock.now() - FRESH))
    page = ann.post(path) if method == "POST" else ann.get(path, status=303)
    assert page.location.startswith("/account/confirm")


def test_passkeys_are_named_and_removed_by_their_owner_alone(app: Flask, ann: Visitor, cast: Cast):
    own, other = add_passkey(app, cast.ann.id), add_passkey(app, cast.bob.id, "Bob's key")
    ann.post(f"{SECURITY}/passkeys/{own}", {"name": "New phone"})
    page = ann.get(SECURITY)
    assert page.one("li", id=f"passkey-{own}").one("input", name="name")["value"] == "New phone"
    assert "Bob's key" not in unescape(page.text)
    ann.post(f"{SECURITY}/passkeys/{own}", {"name": " "})
    ann.post(f"{SECURITY}/passkeys/{other}", {"name": "Mine"}, status=404)
    ann.post(f"{SECURITY}/passkeys/{other}/remove", status=404)
    ann.post(f"{SECURITY}/passkeys/{own}/remove")
    assert not ann.get(SECURITY).all("li", id=f"passkey-{own}")


def test_a_passkey_alone_makes_the_password_not_enough(app: Flask, client: Visitor, cast: Cast):
    add_passkey(app, cast.ann.id)
    page = client.post("/auth/login", {"email": cast.ann.email, "password": PASSWORD})
    assert client.follow(page).one("form", data_passkey="get")


@pytest.mark.parametrize("answer", ["", "{}", '{"response": {}}', "[" * 60_000])
def test_what_no_browser_made_is_no_passkey(ann: Visitor, answer: str):
    options = ann.post(f"{SECURITY}/passkeys/options", status=200).json
    assert options["rp"]["id"] == "localhost"
    ann.post(f"{SECURITY}/passkeys", {"name": "Key", "credential": answer})
    assert "The passkey was not accepted." in ann.get(SECURITY).words


def test_who_needs_a_second_factor_is_led_to_set_it_up(
    app: Flask, another_app: MakeApp, cast: Cast
):
    strict = another_app(REQUIRE_SECOND_FACTOR="staff, admin")
    sam = Visitor(strict).sign_in(cast.sam)
    assert sam.get("/tickets/queue", status=303).location == SECURITY
    assert "Your role needs a second factor" in sam.get(SECURITY).words
    assert sam.post("/tickets/queue/bulk", {"numbers": "REQ000001"}).location == SECURITY
    page = sam.post(f"{TOTP}/confirm", {"code": code_of(begin(sam))})
    sam.follow(page)
    sam.get("/tickets/queue")
    Visitor(strict).sign_in(cast.ann).get("/tickets/")
    ada = Visitor(strict).sign_in(cast.ada)
    add_passkey(app, cast.ada.id)
    ada.get("/admin/")


def test_nothing_of_the_secret_is_kept_in_clear(app: Flask, ann: Visitor, cast: Cast):
    secret = begin(ann)
    with app.app_context():
        stored = db.session.scalar(select(User.totp_secret).where(User.id == cast.ann.id))
    assert stored
    assert secret not in stored
