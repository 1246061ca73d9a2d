"""The CSRF token of a page's forms: Flask-WTF's, which checks it, made in half of the time.

Flask-WTF makes a serializer for each page, which tries to pack a token that never gets shorter.
"""

from functools import cache
from typing import Any

import orjson
from flask import current_app, g, session
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from itsdangerous.encoding import base64_encode

# Where Flask-WTF keeps the token in `g`, and what it signs in the session.
_NAME = "csrf_token"


class _Serializer(URLSafeTimedSerializer):
    def dump_payload(self, obj: Any) -> bytes:
        """As it is, without trying to pack it."""
        return base64_encode(orjson.dumps(obj))


@cache
def _serializer(secret_key: str | bytes) -> _Serializer:
    return _Serializer(secret_key, salt="wtf-csrf-token")


def request_token() -> str:
    """The token of this request. It is new in each, so that it cannot be guessed by its length."""
    known: str | None = g.get(_NAME)
    if known is not None:
        return known
    secret, secret_key = session.get(_NAME), current_app.secret_key
    if secret is None or secret_key is None:
        first: str = generate_csrf()  # which puts a secret into the session
        return first
    g.csrf_token = _serializer(secret_key).dumps(secret)
    made: str = g.csrf_token
    return made
