"""Pages of people who are not signed in yet. Public, rate-limited, and the same for all comers."""

from flask import Blueprint

bp = Blueprint("auth", __name__, url_prefix="/auth")

from portal.auth import (  # noqa: E402, F401 - the modules register their routes
    code,
    forgot,
    invitations,
    passkey,
    reset,
    restore,
    sign_in,
    sign_up,
    verify,
)
