"""Light, dark, or as the system has it: chosen in the menu, kept in a cookie.

A cookie, as it suits a screen rather than a person; and the page comes in its colours, so nothing
flashes.
"""

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from portal.errors import Invalid
from portal.web.people.return_page import safe_next

COOKIE = "theme"
SYSTEM = "system"
THEMES = (SYSTEM, "light", "dark")
_YEAR = 365 * 24 * 3600


def attach(app: Flask) -> None:
    """Add the POST `/theme`, and give templates `current_theme()`."""
    app.add_url_rule("/theme", "web.set_theme", set_theme, methods=["POST"])
    app.jinja_env.globals["current_theme"] = current_theme


def current_theme() -> str:
    """One of THEMES."""
    chosen = request.cookies.get(COOKIE, SYSTEM)
    return chosen if chosen in THEMES else SYSTEM


def set_theme() -> Response:
    """Store the chosen theme in a cookie."""
    theme = request.form.get("theme", "")
    if theme not in THEMES:
        raise Invalid(theme="unknown")
    response = redirect(safe_next(request.form.get("next", "")), 303)
    response.set_cookie(
        COOKIE, theme, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
    )
    return response
