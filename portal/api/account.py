"""`/account`: the own account, and what the law gives one of it."""

from flask import Response

from portal.api import bp
from portal.api.guard import Audience
from portal.api.schemas import UserSchema
from portal.api.users import own_profile


@bp.serve("GET", "/account/me", to=Audience.SIGNED_IN, tag="account", gives=UserSchema)
def read_account() -> Response:
    """One's own account."""
    return own_profile()
