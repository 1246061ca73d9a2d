"""Parts of a mail as the standard library has them, without what it does to hostile ones.

It raises when a charset is declared badly enough, and takes the square of the length of a header
that has parameters.
"""

import base64
from email.message import Message
from typing import Any

from portal.mail_parsing import headers

_LARGE = 1024 * 1024


class Part(Message):
    """A message whose headers are no longer than any program writes them."""

    def get(self, name: str, failobj: Any = None) -> Any:
        """The first field of that name, as parameters are read from it."""
        wanted = name.lower()
        for key, value in self.raw_items():
            if key.lower() == wanted:
                return self.policy.header_fetch_parse(key, str(value)[: headers.MAX_HEADER])
        return failobj


def inside(part: Message) -> list[Message]:
    """The parts of a part; none for one that holds text or a file."""
    payload = part.get_payload() if part.is_multipart() else []
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def content(part: Message) -> bytes:
    """Its bytes, decoded; of a mail in a mail all of it."""
    if part.is_multipart():
        return b"\n".join(one.as_bytes() for one in inside(part))
    if (plain := _from_base64(part)) is not None:
        return plain
    try:
        data = part.get_payload(decode=True)
    except ValueError:
        # It decodes by a charset, only to encode again.
        part.del_param("charset")
        data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _from_base64(part: Message) -> bytes | None:
    """What is large, decoded: the standard library takes seven times its size. None: it is not."""
    if headers.raw(part, "Content-Transfer-Encoding").strip().lower() != "base64":
        return None
    try:
        text = part.get_payload()
        if not isinstance(text, str) or len(text) < _LARGE:
            return None
        return base64.b64decode(text.encode("ascii").translate(None, b"\r\n"), validate=True)
    except ValueError:
        return None
