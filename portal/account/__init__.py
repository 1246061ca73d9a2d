"""Pages of one's own account. All of them need a sign-in."""

from flask import Blueprint

from portal.web.people.guards import guard_signed_in

bp = Blueprint("account", __name__, url_prefix="/account")
bp.before_request(guard_signed_in)

from portal.account import (  # noqa: E402, F401 - the modules register their routes
    absence,
    confirm,
    email,
    keys,
    log,
    notifications,
    own_mails,
    pages,
    passkeys,
    privacy,
    profile,
    second_factor,
    security,
    sessions,
    shortcuts,
)
from portal.account.organization import (  # noqa: E402, F401
    credentials,
    domains,
    invitations,
    page,
    product_syncs,
    products,
)
