"""`parse`: a mail's bytes as a `ParsedMail`."""

import re
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from portal.mail_parsing import automatic, bounces, envelope, headers, html_text, parts, replies
from portal.mail_parsing.parsed import Address, Nature, ParsedMail, Remark

MAX_TEXT = 1_000_000
MAX_SUBJECT = 1_000


class TooDeepError(ValueError):
    """Its parts are nested deeper than any program nests them."""


def parse(raw: bytes) -> ParsedMail:
    """Take a mail apart. Any bytes at all are a mail; raises TooDeepError alone."""
    try:
        return _parsed(message_from_bytes(_without_mbox_line(raw), policy=compat32))
    except RecursionError:
        raise TooDeepError("parts are nested too deeply") from None


def _parsed(message: Message) -> ParsedMail:
    found = parts.read(message)
    remarks = dict(found.remarks)
    html = _limited("\n".join(found.htmls), html_text.MAX_HTML, Remark.HTML_CUT, remarks)
    written = "\n\n".join(text.strip("\n") for text in found.texts if text.strip())
    if not written and html:
        written = html_text.to_text(html)
        remarks[Remark.FROM_HTML] = None
    written = _limited(written, MAX_TEXT, Remark.TEXT_CUT, remarks)
    split = replies.split(written)
    if split.forwarded:
        remarks[Remark.FORWARDED] = None
    subject = headers.text(message, "Subject")[:MAX_SUBJECT]
    senders = headers.addresses(headers.raw(message, "From"))
    sender = senders[0] if senders else None
    nature, reason = automatic.nature(message, sender, subject)
    is_bounce = nature is Nature.BOUNCE
    return ParsedMail(
        message_id=next(iter(headers.message_ids(headers.raw(message, "Message-ID"))), ""),
        references=headers.references(message),
        sender=sender,
        to=_addresses(message, "To"),
        cc=_addresses(message, "Cc"),
        reply_to=_addresses(message, "Reply-To"),
        recipients=envelope.recipients_of(message),
        subject=subject,
        text=split.new,
        rest=split.rest,
        html=html,
        nature=nature,
        nature_reason=reason,
        spam=automatic.is_spam(message),
        authentication=automatic.authentication(message),
        failed=bounces.failed_deliveries(found.seen) or bounces.in_text(written)
        if is_bounce
        else (),
        returned_ids=bounces.returned_ids(found.seen, written) if is_bounce else (),
        invitation=found.invitation,
        remarks=tuple(remarks),
        files=tuple(found.files),
    )


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
