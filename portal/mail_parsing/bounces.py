"""Delivery status notifications: which recipient a mail did not reach, and which mail it was."""

import re
from collections.abc import Iterator
from email.message import Message

from portal.mail_parsing import headers
from portal.mail_parsing.parsed import FailedDelivery

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
        payload = part.get_payload()
        if part.get_content_type() == "message/delivery-status" and isinstance(payload, list):
            yield from (block for block in payload if isinstance(block, Message))


def _failed(block: Message) -> FailedDelivery | None:
    recipient = _after_type(headers.raw(block, "Final-Recipient")) or _after_type(
        headers.raw(block, "Original-Recipient")
    )
    action = headers.raw(block, "Action").lower()[:20]
    if not recipient or not action:
        return None
    status = _STATUS.search(headers.raw(block, "Status"))
    said = headers.text(block, "Diagnostic-Code").partition(";")[2].strip()
    return FailedDelivery(recipient, action, status[1] if status else "", said[:500])


def _after_type(value: str) -> str:
    """`rfc822; ann@example.com` is the address."""
    return value.rpartition(";")[2].strip(" <>")[:254]


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
        payload = part.get_payload()
        if kind == "message/rfc822" and isinstance(payload, list) and payload:
            first = payload[0]
            inner = headers.raw(first, "Message-ID") if isinstance(first, Message) else ""
            found |= dict.fromkeys(headers.message_ids(inner))
        elif kind == "text/rfc822-headers" and isinstance(payload, str):
            found |= dict.fromkeys(_OURS.findall(payload[:50_000]))
    return tuple(found | dict.fromkeys(_OURS.findall(text[:100_000])))[:20]
