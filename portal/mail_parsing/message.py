"""`parse`: a mail's bytes as a `ParsedMail`."""

import re
from collections.abc import Iterable
from email.feedparser import BytesFeedParser
from email.message import Message
from email.policy import compat32

from portal.mail_parsing import automatic, bounces, envelope, headers, parts
from portal.mail_parsing.parsed import Address, Nature, ParsedMail
from portal.mail_parsing.payloads import Part
from portal.mail_parsing.words import words

MAX_SUBJECT = 1_000
PIECE = 64 * 1024


class TooDeepError(ValueError):
    """Its parts are nested deeper than any program nests them."""


def parse(raw: bytes) -> ParsedMail:
    """Take a mail apart. Any bytes at all are a mail; raises TooDeepError alone."""
    return parse_pieces(raw[begin : begin + PIECE] for begin in range(0, len(raw), PIECE))


def parse_pieces(pieces: Iterable[bytes]) -> ParsedMail:
    """The same of a mail that comes in pieces of PIECE bytes, and is held as a whole nowhere."""
    try:
        return _parsed(_in_parts(pieces))
    except RecursionError:
        raise TooDeepError("parts are nested too deeply") from None


def _in_parts(pieces: Iterable[bytes]) -> Message:
    parser = BytesFeedParser(Part, policy=compat32)
    for number, piece in enumerate(pieces):
        parser.feed(piece if number else _without_mbox_line(piece))
    return parser.close()


def _parsed(message: Message) -> ParsedMail:
    found = parts.read(message)
    said = words(found)
    subject = headers.text(message, "Subject")[:MAX_SUBJECT]
    senders = headers.addresses(headers.raw(message, "From"))
    sender = senders[0] if senders else None
    nature, reason = automatic.nature(message, sender, subject)
    returned = found.seen if nature is Nature.BOUNCE else []
    return ParsedMail(
        message_id=next(iter(headers.message_ids(headers.raw(message, "Message-ID"))), ""),
        references=headers.references(message),
        sender=sender,
        to=_addresses(message, "To"),
        cc=_addresses(message, "Cc"),
        reply_to=_addresses(message, "Reply-To"),
        recipients=envelope.recipients_of(message),
        subject=subject,
        text=said.new,
        rest=said.rest,
        html=said.html,
        nature=nature,
        nature_reason=reason,
        spam=automatic.is_spam(message),
        authentication=automatic.authentication(message),
        failed=bounces.failed(returned, said.written) if returned else (),
        returned_ids=bounces.returned_ids(returned, said.written) if returned else (),
        invitation=found.invitation,
        remarks=said.remarks,
        files=tuple(found.files),
    )


def _without_mbox_line(raw: bytes) -> bytes:
    """Some pipes put the separator line of mailbox files before the header."""
    return raw.partition(b"\n")[2] if re.match(rb">?From [^\n:]{1,200}\n", raw) else raw


def _addresses(message: Message, name: str) -> tuple[Address, ...]:
    joined = ", ".join(headers.all_raw(message, name))
    return headers.addresses(joined)
