"""`parse`: a mail's bytes as a `ParsedMail`."""

import re
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from typing import NamedTuple

from portal.mail_parsing import automatic, bounces, envelope, headers, html_text, parts, replies
from portal.mail_parsing.parsed import Address, Nature, ParsedMail, Remark
from portal.mail_parsing.payloads import Part

MAX_TEXT = 1_000_000
MAX_SUBJECT = 1_000


class TooDeepError(ValueError):
    """Its parts are nested deeper than any program nests them."""


def parse(raw: bytes) -> ParsedMail:
    """Take a mail apart. Any bytes at all are a mail; raises TooDeepError alone."""
    try:
        return _parsed(message_from_bytes(_without_mbox_line(raw), Part, policy=compat32))
    except RecursionError:
        raise TooDeepError("parts are nested too deeply") from None


class _Words(NamedTuple):
    """`written` is all of the text, before quotes are cut from it."""

    written: str
    new: str
    rest: str
    html: str
    remarks: tuple[Remark, ...]


def _parsed(message: Message) -> ParsedMail:
    found = parts.read(message)
    words = _words(found)
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
        text=words.new,
        rest=words.rest,
        html=words.html,
        nature=nature,
        nature_reason=reason,
        spam=automatic.is_spam(message),
        authentication=automatic.authentication(message),
        failed=bounces.failed(returned, words.written) if returned else (),
        returned_ids=bounces.returned_ids(returned, words.written) if returned else (),
        invitation=found.invitation,
        remarks=words.remarks,
        files=tuple(found.files),
    )


def _words(found: parts.Found) -> _Words:
    remarks = dict(found.remarks)
    html = _limited("\n".join(found.htmls), html_text.MAX_HTML, Remark.HTML_CUT, remarks)
    if html:
        remarks[Remark.HTML] = None
    if html_text.names_remote_pictures(html):
        remarks[Remark.REMOTE_PICTURES] = None
    written = "\n\n".join(text.strip("\n") for text in found.texts if text.strip())
    if not written and html:
        written = html_text.to_text(html)
        remarks[Remark.FROM_HTML] = None
    written = _limited(written, MAX_TEXT, Remark.TEXT_CUT, remarks)
    split = replies.split(written)
    if split.forwarded:
        remarks[Remark.FORWARDED] = None
    return _Words(written, split.new, split.rest, html, tuple(remarks))


def _without_mbox_line(raw: bytes) -> bytes:
    """Some pipes put the separator line of mailbox files before the header."""
    return raw.partition(b"\n")[2] if re.match(rb">?From [^\n:]{1,200}\n", raw) else raw


def _addresses(message: Message, name: str) -> tuple[Address, ...]:
    joined = ", ".join(headers.all_raw(message, name))
    return headers.addresses(joined)


def _limited(text: str, most: int, remark: Remark, remarks: dict[Remark, None]) -> str:
    if len(text) > most:
        remarks[remark] = None
    return text[:most]
