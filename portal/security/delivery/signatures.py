"""Signatures of webhooks, as in the Standard Webhooks specification.

HMAC-SHA256 over `id.timestamp.body`, so neither an old message nor a signature under another id can
be replayed. With two secrets there are two signatures.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

_PREFIX = "whsec_"


def new_secret() -> str:
    """256 random bits in the specification's form."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def headers(
    *, event_key: str, moment: datetime, body: bytes, keys: Sequence[str]
) -> dict[str, str]:
    """The three headers for `body` sent at `moment`, signed with each of the secrets `keys`."""
    timestamp = str(int(moment.timestamp()))
    signed = f"{event_key}.{timestamp}.".encode() + body
    return {
        "webhook-id": event_key,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(key, signed)}" for key in keys),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
