"""`/auth/register`, `/auth/verify-email`: open an account."""

from typing import Any, TypeAlias

import marshmallow as ma
from flask import Response, current_app
from marshmallow import fields

from portal import i18n
from portal.api import bp
from portal.api.authorization import Audience
from portal.api.fields import Choice, Email, Line, Schema, Secret, about, as_field_error
from portal.api.people import profile_fields, tokens
from portal.api.people.tokens import TokensSchema
from portal.api.responses import committed, empty_response, json_response
from portal.api.schemas import UserSchema
from portal.errors import BadLink, EmailTaken, RegistrationClosed
from portal.extensions import begin_write, db
from portal.models.organizations import MarketplaceType
from portal.models.people import User
from portal.queries.people import serializers, users
from portal.security.people import passwords, strength
from portal.services.organizations import organizations
from portal.services.people import accounts, registration
from portal.services.people.passwords import require_strong
from portal.services.people.registration import Mode
from portal.services.tickets import first_tickets
from portal.web.rate_limits import counts, limits, mail_rates

Fields: TypeAlias = dict[str, Any]
_HINT = "8 characters or more, and hard to guess."


class RegisterSchema(Schema):
    """Who wants an account; and an organization, when a company is named."""

    email = Email(required=True, metadata=about("", "ann@example.com"))
    password = Secret(
        max_length=passwords.MAX_LENGTH,
        min_length=passwords.MIN_LENGTH,
        check=strength.check,
        metadata=about(
            "Needed where accounts are opened at once, and unknown elsewhere: there it is chosen "
            f"with the mailed link. {_HINT}"
        ),
    )
    first_name = profile_fields.first_name()
    last_name = profile_fields.last_name()
    username = profile_fields.username()
    phone = profile_fields.phone()
    inn = profile_fields.inn()
    company_name = Line(
        max_length=organizations.MAX_NAME, metadata=about("Makes an organization.", "Acme")
    )
    marketplace_type = Choice(
        MarketplaceType, allow_none=True, metadata=about("Where the organization sells.", "both")
    )

    @ma.validates_schema(pass_original=True, skip_on_field_errors=False)
    def _password_in_its_place(self, data: Fields, sent: Fields, **_more: Any) -> None:
        if registration.mode() is Mode.OPEN:
            if "password" not in sent:
                raise ma.ValidationError("required", "password")
            if "password" in data:
                with as_field_error("password"):
                    require_strong(data["password"], about=_personal_words(data))
        elif "password" in sent:
            raise ma.ValidationError("unknown_field", "password")


class FinishSchema(Schema):
    """The proof of the mailbox, and the password to be."""

    token = Secret(max_length=500, required=True, metadata=about("What stands last in the link."))
    password = Secret(
        max_length=passwords.MAX_LENGTH,
        min_length=passwords.MIN_LENGTH,
        check=strength.check,
        required=True,
        metadata=about(_HINT),
    )


class RegisteredSchema(TokensSchema):
    """The new account, signed in."""

    user = fields.Nested(UserSchema)


@bp.serve(
    "POST",
    "/auth/register",
    to=Audience.ANYONE,
    tag="auth",
    body=RegisterSchema,
    status=202,
    also={201: RegisteredSchema},
    fails=[EmailTaken, RegistrationClosed],
    limits=limits.attempt_limits(limits.REGISTER),
)
def register(*, body: dict[str, Any]) -> Response:
    """Ask for an account.

    202, the same for every address: a mail goes there. Its link proves the mailbox, and
    `/auth/verify-email` opens the account; who has one already reads that in the mail. A
    `username` that somebody else has is left out then.

    A desk may be set up to open accounts at once: then `password` comes along, and the answer is
    201, or 409 for an address that has one. Or by invitation alone: 403 `registration_closed`.
    """
    applicant: Any = {"locale": i18n.current_locale(), **body}
    if registration.mode() is Mode.OPEN:
        return _open_at_once(applicant, applicant.pop("password"))
    registration.require_mode(Mode.CONFIRMED)
    registration.normalize(applicant)  # what is refused is no request, and has no mail
    counts.add(counts.Attempt.REGISTER)
    wait = mail_rates.registration_delay(applicant["email"])
    begin_write()
    if wait is not None:
        registration.ask(wait, **applicant)
    return committed(empty_response(202))


@bp.serve(
    "POST",
    "/auth/verify-email",
    to=Audience.ANYONE,
    tag="auth",
    body=FinishSchema,
    gives=RegisteredSchema,
    fails=[BadLink, RegistrationClosed],
    limits=limits.link_limits(),
)
def verify_email(*, body: dict[str, Any]) -> Response:
    """Open the account that was asked for, with the password that comes along, and sign in."""
    row = registration.find(body["token"])  # before anything slow is done
    require_strong(body["password"], about=registration.personal_words(row))
    first_tickets.prerender(row)
    hashed = _hash(body["password"])
    begin_write()
    user, _ticket = first_tickets.finish(text=body["token"], password_hash=hashed)
    return _signed_in(user, 200)


def _open_at_once(applicant: Any, password: str) -> Response:
    counts.add(counts.Attempt.REGISTER)
    hashed = _hash(password)
    begin_write()
    return _signed_in(registration.open_at_once(password_hash=hashed, **applicant), 201)


def _personal_words(applicant: dict[str, Any]) -> tuple[str, ...]:
    known = ("email", "first_name", "last_name", "company_name", "username")
    return tuple(filter(None, map(applicant.get, known)))


def _signed_in(user: User, status: int) -> Response:
    accounts.record_sign_in(user=user, renewed_hash=None)
    made = tokens.start(user)
    db.session.flush()
    row = users.details(user.id)
    assert row is not None  # noqa: S101 - it was made above
    account = serializers.account(row, serializers.Audience.CUSTOMER)
    return committed(json_response({"user": account, **made}, status))


def _hash(password: str) -> str:
    return passwords.hash_password(password, rounds=current_app.config["BCRYPT_ROUNDS"])
