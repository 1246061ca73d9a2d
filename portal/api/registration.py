"""`/auth/register`: open an account."""

from typing import Any

from flask import Response, current_app
from marshmallow import fields
from sqlalchemy.exc import IntegrityError

from portal import i18n
from portal.api import bp, tokens
from portal.api.answers import answer, committed
from portal.api.callers import by_account
from portal.api.fields import Address, Line, Schema, Secret, about
from portal.api.guard import Audience
from portal.api.schemas import UserSchema, user_json
from portal.api.tokens import TokensSchema
from portal.errors import EmailTaken
from portal.extensions import begin_write, db
from portal.models import User
from portal.queries import users
from portal.security import passwords
from portal.services import accounts, profile
from portal.services.passwords import require_good
from portal.web import limits

_OPTIONAL = ("username", "phone", "inn")


class RegisterSchema(Schema):
    """An account, and an organization when a company is named."""

    email = Address(required=True, metadata=about("", "ann@example.com"))
    password = Secret(
        max_length=200,
        required=True,
        metadata=about("8 characters or more, and hard to guess.", "four unrelated small words"),
    )
    first_name = Line(max_length=100, metadata=about("", "Ann"))
    last_name = Line(max_length=100, metadata=about("", "Archer"))
    username = Line(max_length=40, metadata=about("3 to 40 of a–z 0–9 . - _", "ann.archer"))
    phone = Line(max_length=40, metadata=about("With the country code.", "+12025550143"))
    inn = Line(max_length=20, metadata=about("Russian taxpayer number.", "7707083893"))
    company_name = Line(max_length=200, metadata=about("Makes an organization.", "Acme"))


class RegisteredSchema(TokensSchema):
    """The new account, signed in."""

    user = fields.Nested(UserSchema)


@bp.serve(
    "POST",
    "/auth/register",
    to=Audience.ANYONE,
    tag="auth",
    body=RegisterSchema,
    gives=RegisteredSchema,
    status=201,
    fails=[EmailTaken],
    limits=limits.registering(by_account),
)
def register(*, body: dict[str, Any]) -> Response:
    """Open an account and sign in.

    A mail asks to confirm the address; until then one ticket can be filed. Who has an account
    with the address already hears of it by mail.
    """
    require_good(body["password"], about=tuple(_known(body)))
    rounds = current_app.config["BCRYPT_ROUNDS"]
    hashed = passwords.hash_password(body["password"], rounds=rounds)
    begin_write()
    try:
        user = _registered(body, hashed)
        made = tokens.start(user) if user is not None else {}
        db.session.flush()
    except IntegrityError:
        # The same address in a parallel request: that one made the account.
        db.session.rollback()
        raise EmailTaken from None
    if user is None:
        db.session.commit()
        raise EmailTaken
    row = users.described(user.id)
    assert row is not None  # noqa: S101 - it was made above
    return committed(answer({"user": user_json(row), **made}, 201))


def _registered(body: dict[str, Any], hashed: str) -> User | None:
    user = accounts.register(
        email=body["email"],
        password_hash=hashed,
        first_name=body.get("first_name", ""),
        last_name=body.get("last_name", ""),
        company_name=body.get("company_name", ""),
        locale=i18n.current_locale(),
    )
    given = {name: body[name] for name in _OPTIONAL if body.get(name)}
    if user is not None and given:
        profile.change(actor=user.actor, user=user, values=given)
    if user is not None:
        accounts.signed_in(user=user, renewed_hash=None)
    return user


def _known(body: dict[str, Any]) -> list[str]:
    names = ("email", "first_name", "last_name", "company_name", "username")
    return [body[name] for name in names if body.get(name)]
