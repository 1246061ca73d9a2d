"""What is read of a mail before it is parsed: what tells it from others, and whom it is for.

Quick whatever the bytes are, as whoever brings the mail waits for it.
"""

import hashlib
import re
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import NamedTuple

from portal.mail_parsing import headers
from portal.mail_parsing.parsed import Address

_FIELDS = (b"message-id", b"from", b"date", b"subject")
_FIELD = re.compile(rb"^([!-9;-~]{1,40})[ \t]*:((?:[^\n]*)(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_MAX_HEADER = 256 * 1024
_PIECE = 64 * 1024


def fingerprint(raw: bytes) -> str:
    """SHA-256 over Message-ID, sender, date, subject and body.

    Servers on the way add headers and may end lines otherwise; this stays. A Message-ID alone is
    no proof: whoever knows it could keep the real mail out with another one.
    """
    text = raw.replace(b"\r\n", b"\n")
    end = text.find(b"\n\n")
    end = len(text) if end < 0 else end
    values: dict[bytes, bytes] = {}
    for field in _FIELD.finditer(text[: min(end, _MAX_HEADER)]):
        values.setdefault(field[1].lower(), b" ".join(field[2].split()))
    digest = hashlib.sha256()
    for name in _FIELDS:
        digest.update(values.get(name, b"") + b"\0")
    # Not copied: several large mails may be here at once.
    begin = min(end + 2, len(text))
    digest.update(memoryview(text)[begin : _end_of_words(text, begin)])
    return digest.hexdigest()


def _end_of_words(text: bytes, begin: int) -> int:
    """Where the white space at the end of the text after `begin` starts."""
    end = len(text)
    while end > begin:
        piece = text[max(begin, end - _PIECE) : end]
        words = len(piece.rstrip())
        end -= len(piece) - words
        if words:
            break
    return end


def sender(raw: bytes) -> str:
    """The first address of its From as it is written; empty without one."""
    header = BytesHeaderParser(policy=compat32).parsebytes(_header(raw))
    found = headers.addresses(", ".join(headers.all_raw(header, "From")))
    return next((one.address for one in found), "")


def _header(raw: bytes) -> bytes:
    return re.split(rb"\r?\n\r?\n", raw[:_MAX_HEADER], maxsplit=1)[0]


# Where servers note for whom a copy was, when the header does not say; then the header's own.
_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Delivered-To", "To", "Cc")


def recipients(raw: bytes) -> tuple[str, ...]:
    """All addresses to which it may have been delivered, as they are written."""
    return recipients_of(BytesHeaderParser(policy=compat32).parsebytes(_header(raw)))


class Head(NamedTuple):
    """What the header says of a mail whose body is not known."""

    message_id: str
    sender: Address | None
    subject: str


def head(raw: bytes) -> Head:
    """Of a mail, or of the beginning of one."""
    message = BytesHeaderParser(policy=compat32).parsebytes(raw[:_MAX_HEADER].replace(b"\0", b""))
    ids = headers.message_ids(headers.raw(message, "Message-ID"))
    senders = headers.addresses(headers.raw(message, "From"))
    return Head(
        ids[0].encode("ascii", "replace").decode("ascii") if ids else "",
        senders[0] if senders else None,
        headers.text(message, "Subject"),
    )


def recipients_of(message: Message) -> tuple[str, ...]:
    named = (
        one.address
        for name in _RECIPIENTS
        for one in headers.addresses(", ".join(headers.all_raw(message, name)))
    )
    return tuple(dict.fromkeys(named))[: headers.MAX_ADDRESSES]
