"""The language and time zone of a request: the account's, else a cookie's, else the browser's.

A browser names no zone in its requests: `static/js/timezone.js` writes it into a cookie. Without
scripts it is UTC, which the pages say.
"""

from flask import Flask, Response, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal import i18n
from portal.errors import Invalid
from portal.extensions import setting
from portal.queries.people import users
from portal.web import problems
from portal.web.change import change
from portal.web.people.return_page import safe_next
from portal.web.people.sessions import actor
from portal.web.templating.labels import LANGUAGE_NAMES

COOKIE = "language"
ZONE_COOKIE = "timezone"
_FOR_PROGRAMS = {"static", "favicon", "health", "ready", "metrics"}
_YEAR = 365 * 24 * 3600


def attach(app: Flask) -> None:
    """Set the reader of each request, and add the POST `/language`."""
    app.before_request(choose_language)
    app.after_request(_name_language)
    app.jinja_env.globals["offered_languages"] = offered_languages
    app.add_url_rule("/language", "web.set_language", set_language, methods=["POST"])


def choose_language() -> None:
    """Set the reader of this request. The API goes by Accept-Language alone.

    Static files do not look up the account: they are the same for everybody, and cached. Probes
    ask nothing of a database that may be frozen.
    """
    if problems.is_api_request() or request.endpoint in _FOR_PROGRAMS:
        locale = i18n.choose_locale(list(request.accept_languages.values()))
        i18n.set_locale(locale, "UTC")
        return
    if current_user.is_authenticated:
        set_reader(current_user.locale, current_user.timezone)
        return
    wanted = request.cookies.get(COOKIE, "")
    if wanted not in (offered := setting("LANGUAGES")):
        wanted = i18n.choose_locale(list(request.accept_languages.values()), offered)
    set_reader(wanted, "")


def set_reader(locale: str, timezone: str) -> None:
    """Set the reader of this request. An empty `timezone` is that of the browser."""
    told = request.cookies.get(ZONE_COOKIE, "")
    i18n.set_locale(
        i18n.offered_locale(locale, setting("LANGUAGES")),
        timezone or (told if told in i18n.zone_names() else "UTC"),
    )


def offered_languages() -> tuple[tuple[str, str], ...]:
    """(code, name) of each language that the desk offers."""
    return tuple((code, name) for code, name in LANGUAGE_NAMES if code in setting("LANGUAGES"))


def _name_language(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = i18n.current_locale()
    return response


def set_language() -> AnyResponse:
    """Store the chosen language in a cookie, and in the account of who is signed in."""
    locale = request.form.get("locale", "")
    if locale not in setting("LANGUAGES"):
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
