"""TOTP as an authenticator app computes it, and accounts that have it set up."""

from datetime import timedelta

import pyotp
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import Actor, User
from portal.security import encryption
from portal.security.people import recovery_codes
from portal.services.people import second_factor
from tests import factories

# Recovery codes are slow to hash, so one set serves all tests.
CODES = recovery_codes.new_codes()
_HASHES = recovery_codes.hash_codes(CODES)


def code_of(secret: str, *, ahead: timedelta = timedelta(0)) -> str:
    """The code that an app with this secret shows now, or `ahead` of now."""
    return pyotp.TOTP(secret).at(clock.now() + ahead)


def set_up(app: Flask, person: Actor) -> str:
    """Set up TOTP and recovery codes for `person` and commit. Returns the secret."""
    with factories.writing(app):
        return add_app(db.session.get_one(User, person.id))


def add_app(user: User) -> str:
    """Set up TOTP and recovery codes for `user` inside a write unit. Returns the secret."""
    second_factor.begin_totp(actor=factories.actor(user), user=user)
    secret = encryption.decrypt(user.totp_secret or "")
    second_factor.confirm_totp(actor=factories.actor(user), user=user, code=code_of(secret))
    user.totp_counter = 0  # so that the code serves once more
    second_factor.store_codes(actor=factories.actor(user), user=user, hashes=_HASHES)
    db.session.flush()
    return secret
