"""Passkeys, with the virtual authenticator that Chromium brings for tests."""

import re
import secrets
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask
from playwright.sync_api import Browser, CDPSession, expect
from sqlalchemy import update
from webauthn.helpers import bytes_to_base64url

from portal import clock
from portal.extensions import db
from portal.models.people import Passkey, UserSession
from portal.security.people import passkeys
from portal.security.people.step_up import FRESH
from tests import factories
from tests.browser.live import Site
from tests.browser.window import Window, open_window
from tests.cast import PASSWORD, Cast
from tests.totp import code_of

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "automaticPresenceSimulation": True,
    "isUserVerified": True,
}
SECURITY = "/account/security"
# A public key on P-256 as COSE has it (RFC 9053): what stands before each of its coordinates.
_COSE_X, _COSE_Y = bytes.fromhex("a5010203262001215820"), bytes.fromhex("225820")
pytestmark = pytest.mark.databases("sqlite")


@dataclass
class Person:
    """A window whose device has an authenticator."""

    window: Window
    device: CDPSession
    authenticator: str

    def type_password(self, email: str) -> None:
        self.window.go("/auth/login")
        self.window.page.get_by_label("E-mail address").fill(email)
        self.window.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.window.button("Sign in").click()

    def add_passkey(self, name: str) -> None:
        self.window.go(SECURITY)
        self.window.page.get_by_label("Name of the new passkey").fill(name)
        self.window.button("Add a passkey").click()

    def own_passkey(self, user_id: int) -> None:
        """Be somebody whose device has made a passkey before."""
        key = ec.generate_private_key(ec.SECP256R1())
        private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        numbers, name = key.public_key().public_numbers(), secrets.token_bytes(16)
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        with factories.writing(self.window.app):
            credential = {
                "credential_id": bytes_to_base64url(name),
                "public_key": bytes_to_base64url(_COSE_X + x + _COSE_Y + y),
            }
            db.session.add(Passkey(user_id=user_id, name="Laptop", **credential))
        known = {
            "credentialId": b64encode(name).decode(),
            "isResidentCredential": True,
            "rpId": "localhost",
            "privateKey": b64encode(private).decode(),
            "userHandle": b64encode(passkeys.user_handle(user_id).encode()).decode(),
            "signCount": 0,
        }
        place = {"authenticatorId": self.authenticator, "credential": known}
        self.device.send("WebAuthn.addCredential", place)

    def verify_nobody(self) -> None:
        """From now on no finger and no PIN is the right one."""
        self.device.send(
            "WebAuthn.setUserVerified",
            {"authenticatorId": self.authenticator, "isUserVerified": False},
        )


@pytest.fixture
def ann(
    app: Flask, site: Site, chromium: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Person]:
    """Ann before the sign-in page: passkeys need a name for the host, which is in BASE_URL."""
    address = site.url.replace("127.0.0.1", "localhost")
    monkeypatch.setitem(app.config, "BASE_URL", address)
    window = open_window(chromium, app, address)
    device = window.context.new_cdp_session(window.page)
    device.send("WebAuthn.enable")
    added = device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield Person(window, device, added["authenticatorId"])
    window.context.close()
    site.settle()
    assert not window.faults


def tickets(person: Person) -> None:
    expect(person.window.page).to_have_url(re.compile("/tickets/"))


def test_a_passkey_is_made_and_signs_in_alone(ann: Person, cast: Cast):
    ann.type_password(cast.ann.email)
    tickets(ann)
    ann.add_passkey("Laptop")
    expect(ann.window.page.locator(".codes li")).to_have_count(10)
    ann.window.link("I have kept them").click()
    expect(ann.window.page.get_by_label("Name of the passkey Laptop")).to_have_value("Laptop")
    ann.window.sign_out()
    ann.window.go("/auth/login?next=/tickets/new")
    ann.window.button("Use a passkey").click()
    expect(ann.window.page).to_have_url(re.compile("/tickets/new$"))


def test_a_passkey_is_the_second_factor_after_the_password(ann: Person, cast: Cast):
    ann.own_passkey(cast.ann.id)
    ann.type_password(cast.ann.email)
    ann.window.see("One more step")
    # Beside the password it is enough that the device is there.
    ann.verify_nobody()
    ann.window.button("Use a passkey").click()
    tickets(ann)


def test_alone_it_has_to_see_its_owner(ann: Person, cast: Cast):
    ann.own_passkey(cast.ann.id)
    ann.verify_nobody()
    ann.window.go("/auth/login")
    ann.window.button("Use a passkey").click()
    ann.window.see("your browser gave no passkey")
    expect(ann.window.page).to_have_url(re.compile("/auth/login"))


def test_an_answer_counts_once(ann: Person, cast: Cast):
    ann.own_passkey(cast.ann.id)
    ann.window.go("/auth/login")
    sent: list[tuple[str, dict[str, str]]] = []
    ann.window.page.on("request", lambda asked: keep(asked, sent))
    before = ann.window.context.cookies
    cookies: list[Any] = []
    ann.window.page.route(
        "**/auth/passkey", lambda route: (cookies.extend(before()), route.continue_())
    )
    ann.window.button("Use a passkey").click()
    tickets(ann)
    path, fields = sent[0]
    ann.window.sign_out()
    # Who has copied the cookie and the answer sends both again.
    ann.window.context.clear_cookies()
    ann.window.context.add_cookies(cookies)
    answer = ann.window.context.request.post(path, form=fields, max_redirects=0)
    assert (answer.status, "/auth/login" in answer.headers["location"]) == (303, True)
    ann.window.go("/auth/login")
    ann.window.see("The passkey was not accepted.")


def keep(asked: Any, sent: list[tuple[str, dict[str, str]]]) -> None:
    if asked.url.endswith("/auth/passkey"):
        sent.append((asked.url, dict(asked.post_data_json)))


def test_a_passkey_stands_in_for_the_password_when_it_is_asked_again(
    app: Flask, ann: Person, cast: Cast
):
    ann.own_passkey(cast.ann.id)
    ann.window.go("/auth/login")
    ann.window.button("Use a passkey").click()
    tickets(ann)
    with factories.writing(app):
        db.session.execute(update(UserSession).values(confirmed_at=clock.now() - FRESH))
    ann.add_passkey("Phone")
    ann.window.see("Confirm that it is you")
    ann.window.button("Use a passkey").click()
    expect(ann.window.page).to_have_url(ann.window.site + SECURITY)
    ann.window.button("Remove").click()
    ann.window.see("The passkey was removed.")


def test_an_app_is_set_up_and_used(ann: Person, cast: Cast):
    ann.type_password(cast.ann.email)
    tickets(ann)
    ann.window.go(SECURITY)
    ann.window.button("Set up an app").click()
    secret = ann.window.page.locator("#secret").inner_text().replace(" ", "")
    ann.window.page.get_by_label("Code", exact=True).fill(code_of(secret))
    ann.window.button("Confirm").click()
    shown = ann.window.page.locator(".codes li")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()
    ann.window.link("I have kept them").click()
    ann.window.sign_out()
    ann.type_password(cast.ann.email)
    ann.window.page.get_by_label("Code", exact=True).fill(codes[0])
    ann.window.button("Sign in").click()
    ann.window.see("Codes left: 9.")
