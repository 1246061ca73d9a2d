import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import Outbox, User
from tests.cast import Cast
from tests.page import Visitor

REGISTER = "/auth/register"
NEW = {
    "email": "Dora@Example.com",
    "first_name": "Дора",
    "last_name": "Dean",
    "password": "правильная лошадь 🐴",
    "company_name": "Dora & Sons",
}


def count_users(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(User)) or 0


def test_who_registers_can_sign_in(client: Visitor, app: Flask):
    page = client.post(REGISTER, NEW)
    assert page.location == "/auth/login"
    assert "You can sign in now" in client.get("/auth/login").words
    client.post("/auth/login", {"email": "dora@example.com", "password": NEW["password"]})
    assert "Dora" in client.get("/tickets/").words or "Дора" in client.get("/tickets/").words


@pytest.mark.threat("telling who exists")
def test_a_taken_address_gets_the_same_answer_and_its_owner_a_mail(
    client: Visitor, cast: Cast, app: Flask
):
    before = count_users(app)
    page = client.post(REGISTER, {**NEW, "email": cast.ann.email})
    assert page.location == "/auth/login"
    assert "You can sign in now" in client.get("/auth/login").words
    assert count_users(app) == before
    with app.app_context():
        assert db.session.scalars(select(Outbox.template)).all() == ["already_registered"]
    client.post("/auth/login", {"email": cast.ann.email, "password": NEW["password"]}, status=422)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("email", "not an address", "This is not an e-mail address."),
        ("email", "a@b\nBcc: c@d.example", "This is not an e-mail address."),
        ("email", "", "This is not an e-mail address."),
        ("password", "short", "Use at least 8 characters."),
        ("password", "x" * 201, "Use at most 200 characters."),
        ("first_name", "x" * 101, "This is too long."),
        ("company_name", "x" * 201, "This is too long."),
    ],
)
def test_what_is_wrong_is_said_at_the_field(
    client: Visitor, app: Flask, field: str, value: str, sentence: str
):
    page = client.post(REGISTER, {**NEW, field: value}, status=422)
    assert sentence in page.words
    assert page.one("input", name=field)["aria-invalid"] == "true"
    assert count_users(app) == 0


def test_the_password_never_comes_back(client: Visitor):
    page = client.post(REGISTER, {**NEW, "email": "broken"}, status=422)
    assert NEW["password"] not in page.text


def test_registering_is_limited(client: Visitor):
    for _ in range(5):
        client.post(REGISTER, NEW)
    client.post(REGISTER, NEW, status=429)


def test_who_is_signed_in_has_an_account(client: Visitor, cast: Cast):
    client.enter(cast.ann)
    assert client.get(REGISTER, status=303).location == "/"


@pytest.mark.threat("fields nobody asked for")
def test_nothing_else_can_be_set(client: Visitor, app: Flask):
    more = {
        "id": "7",
        "role": "admin",
        "organization_id": "1",
        "organization_role": "viewer",
        "is_verified": "1",
        "epoch": "9",
        "totp_counter": "1",
    }
    client.post("/auth/register", {**NEW, **more})
    with app.app_context():
        user = db.session.scalars(select(User)).one()
    found = (user.id, user.role, user.organization_role, user.is_verified, user.epoch)
    assert found == (1, "customer", "owner", False, 0)
    assert user.totp_counter is None
