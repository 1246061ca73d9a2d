"""Parts of a mail as the standard library has them, without what it does to hostile ones.

It raises when a charset is declared badly enough, and takes the square of the length of a header
that has parameters.
"""

from email.message import Message
from typing import Any

from portal.mail_parsing import headers


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
    try:
        data = part.get_payload(decode=True)
    except ValueError:
        # It decodes by a charset, only to encode again.
        part.del_param("charset")
        data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""
