"""The pair of tokens that signing in, registering and refreshing answer."""

from typing import Any

from flask import current_app, g
from marshmallow import fields

from portal.api import idempotency
from portal.api.fields import Answer, about
from portal.extensions import db
from portal.models.people import RefreshFamily, User
from portal.security.people import jwt, refresh_tokens


class TokensSchema(Answer):
    """What a program signs in with from now on."""

    access_token = fields.String(metadata=about("Send it as `Authorization: Bearer …`."))
    refresh_token = fields.String(metadata=about("Trade it for the next pair. It works once."))
    token_type = fields.String(metadata={"enum": ["Bearer"], **about("How it is sent.")})
    expires_in = fields.Integer(metadata=about("Seconds that the access token lives.", 900))


def start(user: User) -> dict[str, Any]:
    """Start a new sign-in of `user`. Returns its first pair."""
    return pair(*refresh_tokens.start(user))


def pair(family: RefreshFamily, refresh_token: str) -> dict[str, Any]:
    """A pair of tokens as TokensSchema has it. The API log names who signed in by it."""
    g.api_signed_in = family.user_id
    idempotency.set_reader(db.session.get_one(User, family.user_id))
    return {
        "access_token": jwt.issue(user_id=family.user_id, epoch=family.epoch, family_id=family.id),
        "refresh_token": refresh_token,
        "token_type": "Bearer",
        "expires_in": int(current_app.config["ACCESS_TOKEN_LIFETIME"].total_seconds()),
    }
