"""Browsers in which somebody has signed in: there strangers who guess do not lock that one out.

An account takes so many wrong passwords, whoever gives them; that alone would let anybody keep its
owner out. A browser that has been used by the owner counts its own wrong passwords (OWASP, "device
cookies"). Its cookie opens nothing and says nothing: a number, and a hash of the address.
"""

import secrets
from hashlib import sha256

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

_YEAR = 365 * 24 * 3600  # seconds
_SALT = "lodge device"


def remember(account: str) -> None:
    """Let this browser count for itself from now on when `account` is tried."""
    value = _signer().dumps([_digest(account), secrets.token_hex(8)])

    @after_this_request
    def _tell(response: Response) -> Response:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(
            _name(), value, max_age=_YEAR, httponly=True, samesite="Lax", secure=secure
        )
        return response


def known(account: str) -> str | None:
    """The number of this browser, if `account` has been opened in it."""
    try:
        digest, number = _signer().loads(request.cookies.get(_name(), ""), max_age=_YEAR)
    except (BadSignature, TypeError, ValueError):
        return None
    return str(number) if digest == _digest(account) else None


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _digest(account: str) -> str:
    return sha256(account.encode()).hexdigest()[:32]


def _signer() -> URLSafeTimedSerializer:
    config = current_app.config
    keys = [*config["SECRET_KEY_FALLBACKS"][::-1], config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt=_SALT)
