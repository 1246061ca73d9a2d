"""Signed addresses for answers by mail: `support+t.<token>@example.com`.

The token names a ticket and to whom the address was given, and cannot be guessed: whoever writes to
it has seen that person's mail. It gives no right; who writes is asked apart from it. In lower case,
as some servers change the case of what stands before the @.
"""

import base64
import hashlib
import hmac
import re
from typing import NamedTuple

from portal.extensions import setting
from portal.models.tickets import Ticket

_MARK = "t."
_TOKEN = re.compile(r"t\.([a-z2-7]{32})", re.ASCII)
_SALT = b"lodge reply address"
_ID_BYTES = 5
_MAC_BYTES = 10


class ReplyToken(NamedTuple):
    """Whom the address was given to, and for which ticket; `signature` is still to be checked."""

    ticket_id: int
    user_id: int
    signature: bytes


def sign(mailbox: str, ticket: Ticket, user_id: int) -> str:
    """The address for answers of that person to mails about that ticket."""
    local, _, domain = mailbox.rpartition("@")
    ids = _ids(ticket.id, user_id)
    token = base64.b32encode(ids + _mac(setting("SECRET_KEY"), ids, ticket)).decode("ascii")
    return f"{local}+{_MARK}{token.lower()}@{domain}"


def read(address: str) -> ReplyToken | None:
    """The token in an address; None without one."""
    local = address.rpartition("@")[0].lower()
    found = _TOKEN.fullmatch(local.partition("+")[2])
    if found is None:
        return None
    data = base64.b32decode(found[1].upper())
    ticket_id, user_id = (
        int.from_bytes(data[begin : begin + _ID_BYTES], "big") for begin in (0, _ID_BYTES)
    )
    return ReplyToken(ticket_id, user_id, data[2 * _ID_BYTES :])


def is_genuine(token: ReplyToken, ticket: Ticket) -> bool:
    """Whether we have signed it for that ticket: ids come back after a backup is restored."""
    ids = _ids(token.ticket_id, token.user_id)
    keys = [setting("SECRET_KEY"), *setting("SECRET_KEY_FALLBACKS")]
    return token.ticket_id == ticket.id and any(
        hmac.compare_digest(token.signature, _mac(key, ids, ticket)) for key in keys
    )


def without_token(address: str) -> str:
    """The mailbox that an address with a plus leads to."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _ids(*numbers: int) -> bytes:
    return b"".join(number.to_bytes(_ID_BYTES, "big") for number in numbers)


def _mac(key: str, ids: bytes, ticket: Ticket) -> bytes:
    said = ids + ticket.created_at.isoformat().encode("ascii")
    secret = hashlib.sha256(_SALT + key.encode()).digest()
    return hmac.digest(secret, said, "sha256")[:_MAC_BYTES]
