"""`/auth`: sign in and out, refresh, and see who one is."""

from typing import Any

from flask import Response, current_app, g
from marshmallow import fields

from portal.api import bp
from portal.api.authentication import authenticate, by_account
from portal.api.authorization import Audience, begin_change
from portal.api.fields import Answer, Line, Schema, Secret, about
from portal.api.people import tokens
from portal.api.people.tokens import TokensSchema
from portal.api.people.users import own_profile
from portal.api.responses import committed, empty_response, json_response
from portal.api.schemas import UserSchema
from portal.errors import (
    BadCredential,
    CodeNeeded,
    Invalid,
    OrganizationShut,
    SecondFactorNeeded,
    WrongCode,
    WrongPassword,
)
from portal.extensions import begin_write, db, setting
from portal.models.people import AccountEventKind, KeyScope, Role, User
from portal.models.people.user import format_id
from portal.queries.people import users
from portal.security.people import refresh_tokens
from portal.security.people.passwords import MAX_LENGTH
from portal.security.smtp_addresses import MAX_ADDRESS
from portal.services.people import account_log, accounts, second_factor
from portal.web.rate_limits import counts, limits
from portal.web.rate_limits.limit_keys import code_key, nobody


class SignInSchema(Schema):
    """Address and password, and a code when the account has a second factor."""

    email = Line(
        max_length=MAX_ADDRESS, needed=True, required=True, metadata=about("", "ann@example.com")
    )
    password = Secret(
        max_length=MAX_LENGTH, required=True, metadata=about("The account's password.")
    )
    code = Line(
        max_length=second_factor.MAX_CODE,
        metadata=about("Six digits of the app, or a recovery code.", "123456"),
    )


class RefreshSchema(Schema):
    """A refresh token that has not been used."""

    refresh_token = Secret(max_length=200, required=True, metadata=about("The newest one."))


class TokenSchema(Schema):
    """Any token or key."""

    token = Secret(
        max_length=4096,
        required=True,
        metadata=about("An access token or API key."),
    )


class TokenStateSchema(Answer):
    """What a token is worth now; all is null when it is worth nothing."""

    active = fields.Boolean(metadata=about("Whether it opens anything."))
    sub = fields.String(allow_none=True, metadata=about("Whom it speaks for.", "USR000001"))
    role = fields.String(
        allow_none=True,
        metadata={"enum": [*map(str, Role), None], **about("What they may do on the desk.")},
    )
    exp = fields.Integer(
        allow_none=True, metadata=about("When it ends, in seconds since 1970; null: never.")
    )


@bp.serve(
    "POST",
    "/auth/login",
    to=Audience.ANYONE,
    tag="auth",
    body=SignInSchema,
    gives=TokensSchema,
    fails=[WrongPassword, CodeNeeded, WrongCode, SecondFactorNeeded, OrganizationShut],
    limits=limits.sign_in_limits(by_account, nobody),
)
def login(*, body: dict[str, Any]) -> Response:
    """Sign in.

    One answer for a wrong password, an unknown and a disabled account. Who has only a passkey
    beside the password sends a recovery code, or uses an API key.
    """
    rounds = current_app.config["BCRYPT_ROUNDS"]
    user = users.by_typed_email(body["email"])
    stored = user.password_hash if user is not None else None
    if not accounts.check_password(user, body["password"], rounds=rounds) or user is None:
        limits.count_wrong_password()
        _note_failure(user.id if user is not None else None, "sign_in")
        raise WrongPassword
    renewed = accounts.rehash_if_outdated(user, body["password"], rounds=rounds)
    code = body.get("code", "")
    g.tried_user = user
    # Hashing is slow, so it is done before the write lock.
    recovery_hash = _recovery_hash(user, code) if code else None
    user_id = user.id
    begin_write()
    user = accounts.lock_if_unchanged(user_id, stored)
    if user is None:
        limits.count_wrong_password()
        raise WrongPassword
    _require_second_factor(user, code, recovery_hash)
    accounts.record_sign_in(user=user, renewed_hash=renewed)
    return committed(json_response(tokens.start(user)))


@bp.serve(
    "POST",
    "/auth/refresh",
    to=Audience.ANYONE,
    tag="auth",
    body=RefreshSchema,
    gives=TokensSchema,
    fails=[BadCredential],
    limits=limits.attempt_limits(limits.REFRESH),
)
def refresh(*, body: dict[str, Any]) -> Response:
    """Trade a refresh token for a new pair.

    The old one dies. Should it ever come back, two have held it: then the whole sign-in ends.
    """
    begin_write()
    rotated = refresh_tokens.rotate(body["refresh_token"])
    if rotated.reused and rotated.family is not None:
        user = db.session.get_one(User, rotated.family.user_id)
        account_log.record(user=user, kind=AccountEventKind.TOKEN_REUSED)
    if rotated.text is None or rotated.family is None:
        counts.add(counts.Attempt.REFRESH)
        db.session.commit()
        raise BadCredential
    return committed(json_response(tokens.pair(rotated.family, rotated.text)))


@bp.serve("POST", "/auth/logout", to=Audience.SIGNED_IN, tag="auth", status=204)
def logout() -> Response:
    """Sign out: every refresh and access token of the caller ends at once. API keys stay."""
    user = db.session.get_one(User, begin_change().id)
    refresh_tokens.end_all(user.id)
    accounts.record_sign_out(user)
    return committed(empty_response())


@bp.serve("GET", "/auth/me", to=Audience.SIGNED_IN, tag="auth", gives=UserSchema)
def me() -> Response:
    """Who one is."""
    return own_profile()


@bp.serve(
    "POST",
    "/auth/verify-token",
    to=Audience.ANYONE,
    tag="auth",
    body=TokenSchema,
    gives=TokenStateSchema,
    scope=KeyScope.READ,
    limits=limits.attempt_limits(limits.TOKEN),
)
def verify_token(*, body: dict[str, Any]) -> Response:
    """What a token or key is worth now."""
    found = authenticate(body["token"])
    if found is None:
        counts.add(counts.Attempt.TOKEN)
        return json_response({"active": False, "sub": None, "role": None, "exp": None})
    ends = found.expires_at
    return json_response(
        {
            "active": True,
            "sub": format_id(found.actor.id),
            "role": found.actor.role,
            "exp": int(ends.timestamp()) if ends else None,
        }
    )


def _by_tried_account() -> str:
    return code_key(g.tried_user.id, g.tried_user.epoch)


@limits.limited_by(limits.code_limits(_by_tried_account, nobody))
def _recovery_hash(user: User, code: str) -> str | None:
    """`second_factor.find_recovery_hash`, refused by the limits of codes."""
    return second_factor.find_recovery_hash(user, code)


def _require_second_factor(user: User, code: str, recovery_hash: str | None) -> None:
    if not second_factor.is_set_up(user):
        if user.role in setting("REQUIRE_SECOND_FACTOR"):
            raise SecondFactorNeeded
        return
    if not code:
        raise CodeNeeded
    try:
        second_factor.verify(user=user, code=code, recovery_hash=recovery_hash)
    except Invalid:
        counts.add(counts.Attempt.CODE)
        _note_failure(user.id, "code")
        raise WrongCode from None


def _note_failure(user_id: int | None, step: str) -> None:
    """Record it, for an account or for none: the same statements for every address."""
    begin_write()
    account_log.record_failed_sign_in(user_id, step=step)
    db.session.commit()
