"""The `state` of a consent that an administrator asks a mail provider for.

It is signed, belongs to one browser's session, and is good for ten minutes. The verifier of PKCE is
made of it with our key, so it needs no place of its own.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import NamedTuple

from itsdangerous import BadSignature, URLSafeTimedSerializer

from portal.errors import BadLink
from portal.extensions import setting

_SALT = "lodge consent mailbox"
_LIFETIME = timedelta(minutes=10)


class Consent(NamedTuple):
    """`state` goes to the provider and comes back; the verifier does not leave us before."""

    mailbox_id: int
    state: str
    verifier: str


def ask(mailbox_id: int, session_key: str) -> Consent:
    """A new one for the browser's session that `session_key` names."""
    signer = URLSafeTimedSerializer(setting("SECRET_KEY"), salt=_SALT)
    state = str(signer.dumps([mailbox_id, _mark(session_key), secrets.token_urlsafe(16)]))
    return Consent(mailbox_id, state, _verifier(setting("SECRET_KEY"), state))


def read(state: str, session_key: str) -> Consent:
    """The one with that `state`. Raises BadLink when it is old, or of another session."""
    for key in (setting("SECRET_KEY"), *setting("SECRET_KEY_FALLBACKS")):
        try:
            signer = URLSafeTimedSerializer(key, salt=_SALT)
            mailbox_id, mark, _chance = signer.loads(state, max_age=_LIFETIME.seconds)
        except (BadSignature, TypeError, ValueError):
            continue
        if hmac.compare_digest(mark, _mark(session_key)):
            return Consent(mailbox_id, state, _verifier(key, state))
    raise BadLink


def _mark(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()[:32]


def _verifier(key: str, state: str) -> str:
    digest = hmac.digest(key.encode(), f"{_SALT} {state}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
