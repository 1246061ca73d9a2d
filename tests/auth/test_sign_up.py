"""Asking for an account, in each of the ways that REGISTRATION names."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import AccountEvent, PendingRegistration, User
from portal.services.people import users
from portal.services.people.registration import Mode
from tests import factories
from tests.cast import Cast
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.registration import ask, open_account
from tests.statements import statements

REGISTER = "/auth/register"
SENT = "/auth/register/sent"
NEW = {
    "email": "Dora@Example.com",
    "first_name": "Дора",
    "last_name": "Dean",
    "company_name": "Dora & Sons",
}
DORA = "dora@example.com"
PASSWORD = "правильная лошадь 🐴"


@pytest.fixture
def opened(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts are opened at once."""
    monkeypatch.setitem(app.config, "REGISTRATION", Mode.OPEN.value)


@pytest.fixture
def invited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts are opened by invitation alone."""
    monkeypatch.setitem(app.config, "REGISTRATION", Mode.INVITED.value)


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def disable(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        users.set_active(actor=cast.ada, user=db.session.get_one(User, cast.bob.id), active=False)


def test_who_registers_is_led_to_their_mailbox(client: Visitor, app: Flask, mailbox: Mailbox):
    page = client.follow(client.post(REGISTER, NEW))
    assert DORA in page.words
    assert count(app, User) == 0
    assert mailbox.subjects(DORA) == ["Open your account"]


@pytest.mark.threat("telling who exists")
def test_the_same_answer_after_the_same_work_for_every_address(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], monkeypatch: pytest.MonkeyPatch
):
    """V14. Free, known, disabled, asked for already: words, statements and time are the same."""
    disable(app, cast)
    ask(visit(), DORA)
    monkeypatch.setattr("bcrypt.checkpw", None)
    monkeypatch.setattr("bcrypt.hashpw", None)
    seen = []
    for email in ("ann@example.com", "zoe@example.com", "bob@example.com", DORA):
        visitor = visit()
        token = visitor.csrf_token()
        with statements(app) as work:
            page = visitor.post(REGISTER, {**NEW, "email": email, "csrf_token": token})
        words = visitor.get(SENT).words.replace(email, "…")
        seen.append((page.status, page.location, words, list(work)))
    assert all(answer == seen[0] for answer in seen)
    assert len(seen[0][3]) > 1


@pytest.mark.threat("telling who exists")
def test_who_has_the_address_hears_of_it_once_an_hour(
    app: Flask, client: Visitor, cast: Cast, mailbox: Mailbox
):
    disable(app, cast)
    for email in ("Ann@Example.com", "ann@example.com", "bob@example.com"):
        ask(client, email)
    assert mailbox.subjects(cast.ann.email) == ["You already have an account"]
    assert mailbox.links(cast.ann.email, "verify") == mailbox.sent(cast.bob.email) == []
    assert "http://localhost/auth/forgot" in str(mailbox.sent(cast.ann.email)[0])
    assert count(app, PendingRegistration) == 0
    assert count(app, AccountEvent) == 1  # that Bob was disabled


@pytest.mark.threat("headers made of text")
def test_nothing_that_was_typed_is_in_the_mail(client: Visitor, mailbox: Mailbox):
    """V23. It goes to somebody who may never have been here."""
    ask(client, DORA, first_name="Visit", last_name="evil.example", company_name="Win a prize")
    (mail,) = mailbox.sent(DORA)
    assert not [word for word in ("Visit", "evil.example", "prize") if word in mail.as_string()]


def test_the_mail_is_in_the_language_of_the_page(client: Visitor, mailbox: Mailbox):
    client.post(REGISTER, {"email": DORA}, headers={"Accept-Language": "ru"})
    assert mailbox.subjects(DORA) == ["Создайте учётную запись"]


def test_the_page_after_the_form_is_for_who_sent_it(client: Visitor):
    assert client.get(SENT, 303).location == REGISTER


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "not an address", "This is not an e-mail address."),
        ("email", "a@b\nBcc: c@d.example", "This is not an e-mail address."),
        ("email", "", "This is not an e-mail address."),
        ("first_name", "x" * 101, "This is too long."),
        ("company_name", "x" * 201, "This is too long."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_the_rest_is_kept(
    client: Visitor, app: Flask, field: str, value: str, sentence: str
):
    page = client.post(REGISTER, {**NEW, field: value}, status=422)
    assert sentence in page.words
    assert page.one("input", name=field)["aria-invalid"] == "true"
    kept = {name: page.one("input", name=name).get("value") for name in NEW if name != field}
    assert kept == {name: typed for name, typed in {**NEW, "email": DORA}.items() if name in kept}
    assert count(app, PendingRegistration) == count(app, Outbox) == 0


def test_registering_is_limited(client: Visitor):
    for _ in range(20):
        client.post(REGISTER, NEW)
    client.post(REGISTER, NEW, status=429)


def test_who_is_signed_in_has_an_account(client: Visitor, cast: Cast):
    client.enter(cast.ann)
    assert client.get(REGISTER, status=303).location == "/"


MORE = {
    "id": "7",
    "role": "admin",
    "organization_id": "1",
    "organization_role": "viewer",
    "is_verified": "1",
    "epoch": "9",
    "totp_counter": "1",
    "username": "root",
}


def found_user(app: Flask) -> tuple[object, ...]:
    with app.app_context():
        user = db.session.scalars(select(User)).one()
        assert (user.totp_counter, user.username) == (None, None)
        return user.id, user.role, user.organization_role, user.is_verified, user.epoch


@pytest.mark.threat("fields nobody asked for")
def test_nothing_else_can_be_set(client: Visitor, app: Flask, mailbox: Mailbox):
    open_account(client, mailbox, DORA, **MORE)
    assert found_user(app) == (1, "customer", "owner", True, 0)


@pytest.mark.threat("fields nobody asked for")
def test_nothing_else_can_be_set_at_once(client: Visitor, app: Flask, opened: None):
    client.post(REGISTER, {**NEW, "password": PASSWORD, **MORE})
    assert found_user(app) == (1, "customer", "owner", False, 0)


def test_an_open_desk_lets_in_at_once(client: Visitor, app: Flask, opened: None, mailbox: Mailbox):
    page = client.post(REGISTER, {**NEW, "password": PASSWORD})
    assert page.location == "/"
    assert "Дора" in client.get("/tickets/").words
    assert mailbox.sent(DORA) == []
    client.post("/auth/logout")
    client.post("/auth/login", {"email": DORA, "password": PASSWORD})


def test_an_open_desk_says_that_an_address_is_known(
    client: Visitor, cast: Cast, app: Flask, opened: None, mailbox: Mailbox
):
    before = count(app, User)
    page = client.post(REGISTER, {**NEW, "email": cast.ann.email, "password": PASSWORD}, 422)
    assert "There is an account with this address." in page.words
    assert page.one("input", name="email")["value"] == cast.ann.email
    assert page.one("input", name="first_name")["value"] == NEW["first_name"]
    assert PASSWORD not in page.text
    assert count(app, User) == before
    assert mailbox.sent(cast.ann.email) == []
    client.get("/tickets/", 303)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "Use at least 8 characters."),
        ("x" * 201, "Use at most 200 characters."),
        ("dora & sons", "This is easy to guess."),
    ],
)
def test_an_open_desk_wants_a_good_password(
    client: Visitor, app: Flask, opened: None, password: str, sentence: str
):
    page = client.post(REGISTER, {**NEW, "password": password}, 422)
    assert sentence in page.words
    assert page.one("input", name="password").get("value") is None
    assert count(app, User) == 0


def test_by_invitation_alone_nobody_registers(client: Visitor, app: Flask, invited: None):
    assert "by invitation" in client.get(REGISTER, 403).words
    client.post(REGISTER, {**NEW, "password": PASSWORD}, 403)
    assert count(app, PendingRegistration) == count(app, User) == count(app, Outbox) == 0


def test_by_invitation_alone_no_page_leads_to_the_form(client: Visitor, invited: None):
    for path in ("/", "/auth/login", "/auth/forgot", "/nothing"):
        page = client.get(path, 404 if path == "/nothing" else 200)
        assert REGISTER not in page.text


@pytest.mark.parametrize("mode", Mode)
def test_every_way_has_a_form_or_a_reason(
    app: Flask, client: Visitor, monkeypatch: pytest.MonkeyPatch, mode: Mode
):
    monkeypatch.setitem(app.config, "REGISTRATION", mode.value)
    page = client.get(REGISTER, 403 if mode is Mode.INVITED else 200)
    fields = {field["name"] for field in page.all("input", name=True)} - {"csrf_token"}
    assert ("password" in fields) is (mode is Mode.OPEN)
    assert ("email" in fields) is (mode is not Mode.INVITED)
