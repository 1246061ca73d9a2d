"""`/auth/change-password`, `/auth/password-reset-…`, `/auth/api-key-reset`."""

from typing import Any

from flask import Response, current_app

from portal.api import bp
from portal.api.authentication import actor, by_credential, record_proof
from portal.api.authorization import Audience, begin_change
from portal.api.fields import Choice, Email, Line, Number, Schema, Secret, about
from portal.api.people.keys import KeySchema, key_json
from portal.api.responses import committed, empty_response, json_response
from portal.errors import BadLink, Invalid, ProofNeeded, Stale, require_all
from portal.extensions import begin_write, db
from portal.models.people import KeyScope, TokenPurpose, User
from portal.security.people import step_up, strength, tokens
from portal.security.people.passwords import MAX_LENGTH, MIN_LENGTH, hash_password
from portal.services.people import accounts, api_keys, forgotten_password, passwords
from portal.web.rate_limits import counts, limits, mail_rates

_HINT = "8 characters or more, and hard to guess."


def _new_password() -> Secret:
    return Secret(
        max_length=MAX_LENGTH,
        min_length=MIN_LENGTH,
        check=strength.check,
        required=True,
        metadata=about(_HINT),
    )


class ChangeSchema(Schema):
    """The password that was, and the one to be."""

    old_password = Secret(max_length=MAX_LENGTH, required=True, metadata=about("The present one."))
    new_password = _new_password()


class ResetRequestSchema(Schema):
    """Where to send the link, if there is somebody to send one to."""

    email = Email(required=True, metadata=about("", "ann@example.com"))


class ResetSchema(Schema):
    """A new password for the owner of a link."""

    token = Secret(max_length=500, required=True, metadata=about("What stands last in the link."))
    new_password = _new_password()


class KeyResetSchema(Schema):
    """What the new key is to be. All of it may be left out."""

    name = Line(
        max_length=api_keys.MAX_NAME,
        needed=True,
        metadata=about("To know it by. Default: API.", "ERP"),
    )
    scope = Choice(KeyScope, metadata=about("Default: write, which includes reading."))
    expires_in_days = Number(
        least=1,
        most=365,
        allow_none=True,
        choices=[days for days in api_keys.LIFETIMES if days is not None],
        metadata={"enum": list(api_keys.LIFETIMES), **about("Default: 365. Null: never.")},
    )
    password = Secret(
        max_length=MAX_LENGTH, metadata=about("Needed unless one has just signed in.")
    )


@bp.serve(
    "POST",
    "/auth/change-password",
    to=Audience.SIGNED_IN,
    tag="auth",
    body=ChangeSchema,
    status=204,
    fails=[Stale],
    limits=limits.proof_limits(by_credential),
)
def change_password(*, body: dict[str, Any]) -> Response:
    """Change the own password.

    Every browser and program is signed out, this one too, and every API key is revoked.
    """
    known = passwords.personal_words(_own())
    _, proven = require_all(
        lambda: passwords.require_strong(body["new_password"], field="new_password", about=known),
        lambda: _proven_hash(body["old_password"], field="old_password"),
    )
    hashed = hash_password(body["new_password"], rounds=current_app.config["BCRYPT_ROUNDS"])
    begin_change()
    passwords.change(user=_own(), proven_hash=proven, password_hash=hashed)
    return committed(empty_response())


@bp.serve(
    "POST",
    "/auth/password-reset-request",
    to=Audience.ANYONE,
    tag="auth",
    body=ResetRequestSchema,
    status=202,
    limits=limits.attempt_limits(limits.FORGOT),
)
def request_password_reset(*, body: dict[str, Any]) -> Response:
    """Ask for a link to set a new password: the same answer whether there is such an account."""
    counts.add(counts.Attempt.FORGOT)
    is_owed = mail_rates.may_mail_reset(body["email"])
    begin_write()
    if is_owed:
        forgotten_password.ask(body["email"])
    return committed(empty_response(202))


@bp.serve(
    "POST",
    "/auth/password-reset-confirm",
    to=Audience.ANYONE,
    tag="auth",
    body=ResetSchema,
    status=204,
    fails=[BadLink],
    limits=limits.link_limits(),
)
def confirm_password_reset(*, body: dict[str, Any]) -> Response:
    """Set a new password through a mailed link.

    Every browser and program is signed out, and every API key is revoked.
    """
    owner = tokens.find(TokenPurpose.RESET, body["token"]).user_id
    known = passwords.personal_words(db.session.get_one(User, owner))
    passwords.require_strong(body["new_password"], field="new_password", about=known)
    hashed = hash_password(body["new_password"], rounds=current_app.config["BCRYPT_ROUNDS"])
    begin_write()
    forgotten_password.reset(text=body["token"], password_hash=hashed)
    return committed(empty_response())


@bp.serve(
    "POST",
    "/auth/api-key-reset",
    to=Audience.SIGNED_IN,
    tag="auth",
    body=KeyResetSchema,
    gives=KeySchema,
    status=201,
    fails=[ProofNeeded],
    limits=limits.proof_limits(by_credential),
)
def reset_api_key(*, body: dict[str, Any]) -> Response:
    """Revoke all of one's keys and make one new, which is shown this once. A mail tells of it.

    Whoever has not signed in within the last ten minutes, or comes with a key, sends the
    account's password along.
    """
    prove_presence(body)
    who = begin_change()
    user = db.session.get_one(User, who.id, with_for_update=True)
    key, text = api_keys.reset_all(
        actor=who,
        user=user,
        name=body.get("name", "API"),
        scope=KeyScope(body.get("scope", KeyScope.WRITE)),
        days=body.get("expires_in_days", 365),
    )
    return committed(json_response(key_json(key, text), 201))


def prove_presence(body: dict[str, Any]) -> None:
    """Check the password in `body`, or that the last proof is fresh. Slow.

    Raises ProofNeeded or Invalid.
    """
    if "password" in body:
        _proven_hash(body["password"], field="password")
        record_proof()
    step_up.require(actor())


def _proven_hash(password: str, *, field: str) -> str | None:
    """The stored hash that the password matches. Slow. A failure is recorded in the account log."""
    user = _own()
    if accounts.check_password(user, password, rounds=current_app.config["BCRYPT_ROUNDS"]):
        return user.password_hash
    counts.add(counts.Attempt.PROOF)
    begin_write()
    accounts.record_failed_sign_in(_own(), step="password")
    db.session.commit()
    raise Invalid(**{field: "wrong_password"})


def _own() -> User:
    return db.session.get_one(User, actor().id)
