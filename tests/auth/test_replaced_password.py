"""A password proves what it opens when something is done, not when it was looked at.

Looking takes long on purpose, so it comes before the write unit; whoever takes an account back
from somebody who knows its password may do so at that very moment.
"""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models.people import ApiKey, RefreshFamily, TokenPurpose, User, UserSession, UserToken
from portal.security.people import passwords as hashes
from portal.security.people import tokens
from portal.services.people import accounts, forgotten_password
from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.cast import PASSWORD, Cast
from tests.page import Visitor

pytestmark = pytest.mark.threat("sessions that outlive their end")

NEW = "seven quiet lamps beside a harbour"


def sign_in(visitor: Visitor, _program: ApiClient) -> object:
    return visitor.post("/auth/login", {"email": "ann@example.com", "password": PASSWORD}, 422)


def sign_in_by_program(_visitor: Visitor, api_client: ApiClient) -> object:
    words = {"email": "ann@example.com", "password": PASSWORD}
    return ApiClient(api_client.app).post("/auth/login", words, 401)


def confirm(visitor: Visitor, _program: ApiClient) -> object:
    return visitor.post("/account/confirm", {"password": PASSWORD})


def change_password(visitor: Visitor, _program: ApiClient) -> object:
    words = {"old_password": PASSWORD, "password": "four other words entirely"}
    return visitor.post("/account/password", words)


def move(visitor: Visitor, _program: ApiClient) -> object:
    return visitor.post("/account/email", {"email": "x@example.com", "password": PASSWORD}, 401)


def make_a_key(_visitor: Visitor, api_client: ApiClient) -> object:
    return api_client.post("/auth/api-key-reset", {"password": PASSWORD}, 401)


@pytest.fixture
def replaced_meanwhile(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as Ann's password was found right she resets it, from elsewhere."""
    whole, hashed = accounts.check_password, hashes.hash_password(NEW, rounds=4)

    def checked(user: User | None, password: str, *, rounds: int) -> bool:
        right = whole(user, password, rounds=rounds)
        db.session.rollback()
        with factories.writing(app):
            ann = db.session.get_one(User, cast.ann.id)
            link = tokens.sign(TokenPurpose.RESET, tokens.issue(ann, TokenPurpose.RESET))
            forgotten_password.reset(text=link, password_hash=hashed)
        return right

    monkeypatch.setattr(accounts, "check_password", checked)


@pytest.mark.usefixtures("replaced_meanwhile")
@pytest.mark.parametrize("costs_more_now", [False, True], ids=["same cost", "hashed anew"])
@pytest.mark.parametrize(
    "deed", [sign_in, sign_in_by_program, confirm, change_password, move, make_a_key]
)
def test_a_password_that_is_replaced_while_it_is_looked_at_opens_nothing(
    app: Flask,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    deed: Callable[[Visitor, ApiClient], object],
    costs_more_now: bool,
) -> None:
    visitor, api_client = Visitor(app).sign_in(cast.ann), ApiClient(app, token_of(app, cast.ann))
    if deed is sign_in:
        visitor = Visitor(app)
    if costs_more_now:
        monkeypatch.setitem(app.config, "BCRYPT_ROUNDS", 5)
    deed(visitor, api_client)
    with app.app_context():
        ann = db.session.get_one(User, cast.ann.id)
        assert hashes.verify(NEW, ann.password_hash, rounds=4)
        assert ann.email == "ann@example.com"
        alive = select(func.count()).select_from(UserToken).where(UserToken.used_at.is_(None))
        assert db.session.scalar(alive) == 0
        for model in (UserSession, RefreshFamily, ApiKey):
            assert not [
                row.id
                for row in db.session.scalars(select(model))
                if getattr(row, "revoked_at", None) is None
                and getattr(row, "ended_at", None) is None
            ], model
