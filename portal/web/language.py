"""Which language and zone a request speaks: the account's, else a cookie's, else the browser's."""

from flask import Flask, Response, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal import i18n
from portal.errors import Invalid
from portal.queries.people import users
from portal.web import problems
from portal.web.change import change
from portal.web.people.sessions import actor, safe_next

COOKIE = "language"
_YEAR = 365 * 24 * 3600


def attach(app: Flask) -> None:
    """Set the reader of each request; add the page's language switch."""
    app.before_request(choose)
    app.after_request(_name_language)
    app.add_url_rule("/language", "web.set_language", set_language, methods=["POST"])


def choose() -> None:
    """Set the reader of this request. A program says what it reads in each request.

    Who asks for a static file is not looked up: it would not be one file for all any more.
    """
    if problems.wanted() or request.endpoint in {"static", "favicon"}:
        locale = i18n.choose_locale(list(request.accept_languages.values()))
        i18n.set_reader(locale, "UTC")
        return
    if current_user.is_authenticated:
        i18n.set_reader(current_user.locale, current_user.timezone)
        return
    wanted = request.cookies.get(COOKIE, "")
    if wanted not in i18n.LOCALES:
        wanted = i18n.choose_locale(list(request.accept_languages.values()))
    i18n.set_reader(wanted, "UTC")


def _name_language(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = i18n.current_locale()
    return response


def set_language() -> AnyResponse:
    """Remember the language: in the account of who is signed in, in a cookie otherwise."""
    locale = request.form.get("locale", "")
    if locale not in i18n.LOCALES:
        raise Invalid(locale="unknown")
    response = redirect(safe_next(request.form.get("next", "")), 303)
    if current_user.is_authenticated:
        with change():
            user = users.by_id(actor().id)
            if user is not None:
                user.locale = locale
    response.set_cookie(
        COOKIE, locale, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
    )
    return response
