"""`/users`: people. One's own account under `/users/me`."""

from typing import Any

from flask import Response

from portal import i18n
from portal.api import bp
from portal.api.answers import answer, committed
from portal.api.callers import actor
from portal.api.fields import Choice, Line, Schema, about
from portal.api.guard import Audience
from portal.api.schemas import UserSchema, user_json
from portal.errors import NotFound
from portal.extensions import begin_write, db
from portal.models import User
from portal.queries import users
from portal.services import profile


class ProfileSchema(Schema):
    """What people say of themselves. What is left out stays as it is; null empties a fact."""

    first_name = Line(max_length=100, metadata=about("", "Ann"))
    last_name = Line(max_length=100, metadata=about("", "Archer"))
    username = Line(
        max_length=40, allow_none=True, metadata=about("3 to 40 of a–z 0–9 . - _", "ann.archer")
    )
    phone = Line(
        max_length=40, allow_none=True, metadata=about("With the country code.", "+12025550143")
    )
    inn = Line(max_length=20, allow_none=True, metadata=about("10 or 12 digits.", "7707083893"))
    locale = Choice(i18n.LOCALES, metadata=about("The language of pages and mails.", "en"))
    timezone = Line(max_length=64, metadata=about("A zone of the tz database.", "Europe/Berlin"))


@bp.serve("GET", "/users/me", to=Audience.SIGNED_IN, tag="users", gives=UserSchema)
def read_me() -> Response:
    """One's own account."""
    return own_profile()


@bp.serve(
    "PATCH", "/users/me", to=Audience.SIGNED_IN, tag="users", body=ProfileSchema, gives=UserSchema
)
def change_me(*, body: dict[str, Any]) -> Response:
    """Change one's own account. Address and password have ways of their own."""
    begin_write()
    profile.change(actor=actor(), user=db.session.get_one(User, actor().id), values=body)
    return committed(own_profile())


def own_profile() -> Response:
    """The caller as a UserSchema."""
    row = users.described(actor().id)
    if row is None:
        raise NotFound
    return answer(user_json(row))
