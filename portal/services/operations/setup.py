"""The first administrator of a desk in production, by a link that the console prints.

The link works once, for a day, and only while nobody can administer the desk. Of its secret a hash
is stored; a new link ends the former one.
"""

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import timedelta

from portal import clock
from portal.errors import SetUpAlready, SetupLinkDead
from portal.models.operations import Desk
from portal.models.people import Role, User
from portal.queries.operations import desk as desks
from portal.queries.people import users
from portal.services.operations import settings
from portal.services.people import accounts

LIFETIME = timedelta(days=1)
_NO_HASH = "0" * 64


def issue() -> str | None:
    """The secret of a new link; None where somebody administers the desk already."""
    desk = desks.find(lock=True)
    if desk is None or users.has_admin():
        return None
    token = secrets.token_urlsafe(32)
    desk.setup_hash, desk.setup_until = _hash(token), clock.now() + LIFETIME
    return token


def require_open(token: str, *, lock: bool = False) -> Desk:
    """The desk that this link may set up. Raises SetUpAlready, SetupLinkDead."""
    desk = desks.find(lock=lock)
    if users.has_admin():
        raise SetUpAlready
    stored = desk.setup_hash if desk else None
    fits = hmac.compare_digest(_hash(token), stored or _NO_HASH)
    if desk is None or not fits or desk.setup_until is None or desk.setup_until <= clock.now():
        raise SetupLinkDead
    return desk


def finish(
    *,
    token: str,
    email: str,
    password_hash: str,
    locale: str,
    texts: dict[str, str],
    first_name: str = "",
    last_name: str = "",
) -> User:
    """Make the administrator, and set the settings of `texts`. Ends the link.

    Raises as `require_open`, EmailTaken, and Invalid by field of a setting.
    """
    desk = require_open(token, lock=True)
    user = accounts.register(
        email=email,
        role=Role.ADMIN,
        verified=True,
        password_hash=password_hash,
        locale=locale,
        first_name=first_name,
        last_name=last_name,
    )
    desk.setup_hash = desk.setup_until = None
    # Who opens an account has proved as much as they can.
    actor = replace(user.actor, confirmed_at=clock.now())
    settings.change(actor=actor, texts=texts, seen=desk.settings_version or "")
    return user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
