"""Secrets that are shown once, on the page to which their form redirects.

They wait in the session cookie, encrypted, for at most ten minutes: never in the URL, in the
database or in a log. Reloading the page that shows them sends nothing again and shows them no more.
"""

import base64
import hmac
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask import request, session

from portal import clock
from portal.extensions import setting

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

_LIFETIME = timedelta(minutes=10)


def keep(name: str, *texts: str) -> None:
    """Keep `texts` for the next page that takes `name`, instead of what waited under it."""
    kept = json.dumps([clock.now().isoformat(), *texts])
    session[_key(name)] = _cipher().encrypt(kept.encode()).decode("ascii")


def take(name: str) -> list[str]:
    """Remove and return what `keep` kept; empty when nothing waits or it waited too long."""
    if request.method != "GET":  # a HEAD shows nobody anything
        return []
    from cryptography.fernet import InvalidToken

    kept = session.pop(_key(name), "")
    try:
        kept_at, *texts = json.loads(_cipher().decrypt(kept))
    except InvalidToken:
        return []
    return texts if clock.now() - datetime.fromisoformat(kept_at) < _LIFETIME else []


def _key(name: str) -> str:
    return f"shown_once_{name}"


def _cipher() -> "MultiFernet":
    # The keys of the cookie itself: a desk without ENCRYPTION_MASTER_KEY has API keys, too.
    from cryptography.fernet import Fernet, MultiFernet

    secrets = [setting("SECRET_KEY"), *setting("SECRET_KEY_FALLBACKS")]
    digests = [hmac.digest(secret.encode(), b"lodge shown once", "sha256") for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])
