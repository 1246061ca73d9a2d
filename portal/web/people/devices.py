"""Browsers in which an account's owner has signed in (OWASP, "device cookies").

An account takes so many wrong passwords, whoever gives them; that alone would let anybody lock its
owner out. A browser that the owner has used has a count of its own. Its cookie gives no access: it
holds a number, the account's id and its epoch, so it is worthless after the account was signed out
everywhere.
"""

import secrets

from flask import Response, after_this_request, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.models.people import User
from portal.queries.people import users

_YEAR = 365 * 24 * 3600  # seconds
_SALT = "lodge device"


def remember(user: User) -> None:
    """Set the cookie: this browser counts for itself when the account of `user` is tried."""
    value = _signer().dumps([user.id, user.epoch, secrets.token_hex(8)])

    @after_this_request
    def _tell(response: Response) -> Response:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(
            _name(), value, max_age=_YEAR, httponly=True, samesite="Lax", secure=secure
        )
        return response


def number_for_email(email: str) -> str | None:
    """The number of this browser, if the account of `email` has been signed in to with it.

    Without a cookie the database is not asked, whether or not there is such an account.
    """
    if _cookie() is None:
        return None
    user = users.by_email(email)
    return number_for_account(user.id, user.epoch) if user else None


def number_for_account(user_id: object, epoch: object) -> str | None:
    """The same for the account of that id in its present epoch."""
    cookie = _cookie()
    return str(cookie[2]) if cookie and cookie[:2] == [user_id, epoch] else None


def _cookie() -> list[object] | None:
    """[user id, epoch, number] from the cookie; None without a valid one."""
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
