"""Browsers in which somebody has signed in: there strangers who guess do not lock that one out.

An account takes so many wrong passwords, whoever gives them; that alone would let anybody keep its
owner out. A browser that has been used by the owner counts its own wrong passwords (OWASP, "device
cookies"). Its cookie opens nothing: a number, and whom it is known to. It is forgotten with the
sessions of that account, so whoever was signed out everywhere is a stranger again.
"""

import secrets

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.models.people import User
from portal.queries.people import users

_YEAR = 365 * 24 * 3600  # seconds
_SALT = "lodge device"


def remember(user: User) -> None:
    """Let this browser count for itself from now on when the account of `user` is tried."""
    value = _signer().dumps([user.id, user.epoch, secrets.token_hex(8)])

    @after_this_request
    def _tell(response: Response) -> Response:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(
            _name(), value, max_age=_YEAR, httponly=True, samesite="Lax", secure=secure
        )
        return response


def known(email: str) -> str | None:
    """The number of this browser, if the account of `email` has been opened in it.

    A stranger's browser costs no question to the database, whoever has an account.
    """
    if _cookie() is None:
        return None
    user = users.by_email(email)
    return known_to(user.id, user.epoch) if user else None


def known_to(user_id: object, epoch: object) -> str | None:
    """The same for the account of that id, in the epoch that it has now."""
    cookie = _cookie()
    return str(cookie[2]) if cookie and cookie[:2] == [user_id, epoch] else None


def _cookie() -> list[object] | None:
    """Whom the browser is known to, since which epoch, and its number."""
    try:
        cookie = _signer().loads(request.cookies.get(_name(), ""), max_age=_YEAR)
    except BadData:
        return None
    return cookie if isinstance(cookie, list) and len(cookie) == 3 else None


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-device"


def _signer() -> URLSafeTimedSerializer:
    config = current_app.config
    keys = [*config["SECRET_KEY_FALLBACKS"][::-1], config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt=_SALT)
