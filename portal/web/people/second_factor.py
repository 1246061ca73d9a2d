"""Who needs a second factor has to set one up before anything else.

That is people of the roles in REQUIRE_SECOND_FACTOR, and those of whom an admin asks it.
"""

from flask import Flask, flash, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.extensions import setting
from portal.i18n import gettext as _
from portal.web.current import current_request
from portal.web.fragments import see_other

# What is needed to set one up, or to sign out. The API checks it at its own sign-in.
_ALLOWED_ENDPOINTS = frozenset(
    {
        "account.add_passkey",
        "account.begin_totp",
        "account.codes",
        "account.confirm",
        "account.confirm_totp",
        "account.passkey_options",
        "account.prove",
        "account.security",
        "account.totp",
        "auth.logout",
        "auth.passkey_options",
        "favicon",
        "health",
        "metrics",
        "ready",
        "static",
        "web.set_language",
        "web.set_theme",
    }
)


def attach(app: Flask) -> None:
    app.before_request(_redirect_to_setup)


def _redirect_to_setup() -> Response | None:
    asked = current_request()
    if asked.endpoint in _ALLOWED_ENDPOINTS or asked.blueprint == "api":
        return None
    if not current_user.is_authenticated or current_user.has_second_factor:
        return None
    if current_user.role in setting("REQUIRE_SECOND_FACTOR"):
        text = _("Your role needs a second factor: set up an app or a passkey to go on.")
    elif current_user.second_factor_required:
        text = _("Your account needs a second factor: set up an app or a passkey to go on.")
    else:
        return None
    flash(text, "warning")
    return see_other(url_for("account.security"))
