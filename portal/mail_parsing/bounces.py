"""Delivery status notifications: which recipient a mail did not reach, and which mail it was."""

import re
from collections.abc import Iterator
from email.message import Message

from portal.mail_parsing import headers
from portal.mail_parsing.charsets import decode
from portal.mail_parsing.parsed import FailedDelivery
from portal.mail_parsing.payloads import content, inside

_MAX_RECIPIENTS = 20
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_OURS = re.compile(r"(?:^|\n)\s*Message-ID:\s*<([^<>\s]{3,200})>", re.IGNORECASE)
_ADDRESS = re.compile(r"<?([^\s<>;:,\"]{1,64}@[^\s<>;:,\"]{1,253}[^\s<>;:,\".])>?")


def failed(parts: list[Message], text: str) -> tuple[FailedDelivery, ...]:
    """Whom a mail did not reach: what the part for programs says (RFC 3464), else the sentences."""
    found = [_failed(block) for block in _blocks(parts)]
    return tuple(one for one in found if one is not None)[:_MAX_RECIPIENTS] or _in_text(text)


def _blocks(parts: list[Message]) -> Iterator[Message]:
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            yield from inside(part)


def _failed(block: Message) -> FailedDelivery | None:
    recipient = _after_type(headers.raw(block, "Final-Recipient")) or _after_type(
        headers.raw(block, "Original-Recipient")
    )
    action = headers.storable(headers.raw(block, "Action")).lower()[:20]
    if not recipient or not action:
        return None
    status = _STATUS.search(headers.raw(block, "Status"))
    said = headers.text(block, "Diagnostic-Code").partition(";")[2].strip()
    return FailedDelivery(recipient, action, status[1] if status else "", said[:500])


def _after_type(value: str) -> str:
    """`rfc822; ann@example.com` is the address."""
    return headers.storable(value).rpartition(";")[2].strip(" <>")[:254]


def _in_text(text: str) -> tuple[FailedDelivery, ...]:
    """Of servers that write sentences alone: the first address near a status of failure."""
    status = re.search(r"\b5\d\d[ -]|\b5\.\d\.\d\b", text[:20_000])
    address = _ADDRESS.search(text[:20_000])
    if not status or not address:
        return ()
    code = _STATUS.search(text[:20_000])
    return (FailedDelivery(address[1], "failed", code[1] if code else "5.0.0", ""),)


def returned_ids(parts: list[Message], text: str) -> tuple[str, ...]:
    """Message-IDs of the mail that came back: of its headers, or quoted in the text."""
    found: dict[str, None] = {}
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/rfc822":
            for inner in inside(part)[:1]:
                found |= dict.fromkeys(headers.message_ids(headers.raw(inner, "Message-ID")))
        elif kind == "text/rfc822-headers":
            found |= dict.fromkeys(_OURS.findall(decode(content(part)[:50_000])))
    return tuple(found | dict.fromkeys(_OURS.findall(text[:100_000])))[:20]
