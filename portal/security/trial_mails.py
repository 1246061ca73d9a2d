"""The signature of mails that the desk sends to itself: `lodge-trial.<mailbox>.<when>.<mac>`.

By it the reader knows them again. It stands in the subject, as servers on the way drop or rewrite
other headers, and in the Message-ID, which a mail that comes back names. A mail with somebody
else's token is a mail as any other.
"""

import hashlib
import hmac
import re
from base64 import b32encode
from datetime import UTC, datetime
from typing import NamedTuple

from portal.extensions import setting

_TOKEN = re.compile(r"lodge-trial\.([0-9]{1,18})\.([0-9]{1,18})\.([a-z2-7]{32})", re.ASCII)
_SALT = b"lodge trial mail"
_MAC_BYTES = 20


class TrialToken(NamedTuple):
    """Which mailbox it was sent to, and when, to the microsecond."""

    mailbox_id: int
    asked_at: datetime


def sign(token: TrialToken) -> str:
    said = f"{token.mailbox_id}.{_microseconds(token.asked_at)}"
    return f"lodge-trial.{said}.{_mac(setting('SECRET_KEY'), said)}"


def read(text: str) -> TrialToken | None:
    """The token in a subject or Message-ID; None unless we have signed it."""
    found = _TOKEN.search(text)
    if found is None:
        return None
    said = f"{found[1]}.{found[2]}"
    keys = [setting("SECRET_KEY"), *setting("SECRET_KEY_FALLBACKS")]
    if not any(hmac.compare_digest(found[3], _mac(key, said)) for key in keys):
        return None
    seconds, rest = divmod(int(found[2]), 1_000_000)
    return TrialToken(int(found[1]), datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest))


def _microseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def _mac(key: str, said: str) -> str:
    secret = hashlib.sha256(_SALT + key.encode()).digest()
    return b32encode(hmac.digest(secret, said.encode(), "sha256")[:_MAC_BYTES]).decode().lower()
