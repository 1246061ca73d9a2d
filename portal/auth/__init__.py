"""Pages for people who are not signed in: sign-in, registration, mailed links.

They are public and rate-limited, and do not reveal who has an account.
"""

from flask import Blueprint

bp = Blueprint("auth", __name__, url_prefix="/auth")

from portal.auth import (  # noqa: E402, F401 - the modules register their routes
    ask,
    code,
    declined_mails,
    domains,
    forgot,
    invitations,
    passkey,
    ratings,
    reports,
    reset,
    restore,
    sign_in,
    sign_up,
    verify,
)
