"""The parts of a mail: texts, HTML and files, within limits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from portal.mail_parsing import headers
from portal.mail_parsing.charsets import decode
from portal.mail_parsing.parsed import Invitation, ParsedFile, Remark

MAX_PARTS = 500
_MAX_FILENAME = 500
_NO_FILES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_NO_FILES |= {"application/pgp-signature"}
_ENCRYPTED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_EXTENSIONS = {
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/html": ".html",
    "text/plain": ".txt",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "application/pdf": ".pdf",
}
_CALENDAR_LINE = re.compile(
    r"^(METHOD|SUMMARY|DTSTART|LOCATION)(?:;[^:\n]{0,200})?:(.{0,500})$", re.M
)


@dataclass
class Found:
    """What the parts hold. `seen` are the parts themselves, for bounces."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    files: list[ParsedFile] = field(default_factory=list)
    remarks: dict[Remark, None] = field(default_factory=dict)
    invitation: Invitation | None = None
    seen: list[Message] = field(default_factory=list)


def read(message: Message) -> Found:
    """Walk through the parts; what cannot be decoded is a remark, not an error."""
    found = Found()
    for part, alternative in _leaves(message, found):
        found.seen.append(part)
        try:
            _take(part, alternative, found)
        except (ValueError, LookupError, KeyError, TypeError, AttributeError):
            found.remarks[Remark.DAMAGED] = None
    return found


def _leaves(message: Message, found: Found) -> Iterator[tuple[Message, bool]]:
    """Parts that hold no others, in their order, and whether they are one of alternatives.

    A forwarded mail is one part, whatever is in it.
    """
    waiting = [(message, False)]
    count = 0
    while waiting:
        part, alternative = waiting.pop()
        count += 1
        if count > MAX_PARTS:
            found.remarks[Remark.PARTS_CUT] = None
            return
        kind = part.get_content_type()
        if kind == "multipart/encrypted":
            found.remarks[Remark.ENCRYPTED] = None
        elif kind == "multipart/signed":
            found.remarks[Remark.SIGNED] = None
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            among = alternative or kind == "multipart/alternative"
            waiting += [(one, among) for one in reversed(payload) if isinstance(one, Message)]
        else:
            yield part, alternative


def _take(part: Message, alternative: bool, found: Found) -> None:
    kind = part.get_content_type()
    if kind.startswith("multipart/"):
        kind = "text/plain"  # it has parts in name alone: no boundary, or one that never comes
    if kind in _NO_FILES:
        found.remarks[Remark.SIGNED] = None
        return
    if kind in _ENCRYPTED:
        found.remarks[Remark.ENCRYPTED] = None
    elif kind in _TNEF:
        found.remarks[Remark.TNEF] = None
    elif kind.startswith("message/") and kind != "message/delivery-status":
        found.remarks[Remark.NESTED] = None
    if kind in {"text/plain", "text/html"} and not _is_attached(part):
        _take_text(part, kind, found)
        return
    if kind == "text/calendar":
        found.remarks[Remark.CALENDAR] = None
        found.invitation = found.invitation or _invitation(_content(part))
    if kind == "message/delivery-status":
        return
    # What stands beside a text as another form of it is a file only if it has a name.
    content = _content(part)
    if content and not (alternative and kind.startswith("text/") and kind != "text/calendar"):
        number = len(found.files) + 1
        content_id = headers.raw(part, "Content-ID").strip(" <>")[:200]
        found.files.append(ParsedFile(_filename(part, number), kind, content_id, content))


def _take_text(part: Message, kind: str, found: Found) -> None:
    text = decode(_content(part), str(part.get_param("charset", "") or ""))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if kind == "text/html":
        found.htmls.append(text)
        return
    if str(part.get_param("format", "")).lower() == "flowed":
        text = _unflowed(text, remove_space=str(part.get_param("delsp", "")).lower() == "yes")
    if "-----BEGIN PGP MESSAGE-----" in text[:2_000]:
        found.remarks[Remark.ENCRYPTED] = None
    found.texts.append(text)


def _is_attached(part: Message) -> bool:
    disposition = headers.raw(part, "Content-Disposition").partition(";")[0].strip().lower()
    return disposition == "attachment" or bool(_named(part) and disposition != "inline")


def _content(part: Message) -> bytes:
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"\n".join(one.as_bytes() for one in payload if isinstance(one, Message))
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _named(part: Message) -> str:
    """The file name as it was sent, of any of the ways to write it."""
    found = part.get_param("filename", None, "content-disposition") or part.get_param("name")
    if isinstance(found, tuple):
        charset, _language, value = found
        return decode(value.encode("latin-1", "replace"), charset or "")[:_MAX_FILENAME]
    return headers.decoded(found[: headers.MAX_HEADER])[:_MAX_FILENAME] if found else ""


def _filename(part: Message, number: int) -> str:
    if name := _named(part):
        return name
    kind = part.get_content_type()
    if kind == "message/rfc822" and isinstance(payload := part.get_payload(), list) and payload:
        inner = payload[0]
        subject = headers.text(inner, "Subject") if isinstance(inner, Message) else ""
        if subject:
            return f"{subject[:100]}.eml"
    return f"file-{number}{_EXTENSIONS.get(kind, '')}"


def _unflowed(text: str, *, remove_space: bool) -> str:
    """Join lines that a program has wrapped (RFC 3676)."""
    joined: list[str] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        is_signature = words == "-- "
        if open_depth == depth and not is_signature:
            joined[-1] += words
        else:
            joined.append(f"{'>' * depth}{' ' if depth else ''}{words}")
        open_depth = depth if words.endswith(" ") and not is_signature else None
        if open_depth is not None and remove_space:
            joined[-1] = joined[-1][:-1]
    return "\n".join(joined)


def _invitation(content: bytes) -> Invitation:
    # Lines of a calendar are folded, as those of headers are.
    text = decode(content[:200_000]).replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    begin = max(text.find("BEGIN:VEVENT"), 0)
    event = dict(reversed(_CALENDAR_LINE.findall(text[begin : begin + 50_000])))
    method = dict(_CALENDAR_LINE.findall(text[:begin]))

    def shown(value: str, most: int) -> str:
        return value.replace("\\n", " ").replace("\\", "").strip()[:most]

    return Invitation(
        shown(method.get("METHOD", ""), 20).upper(),
        shown(event.get("SUMMARY", ""), 200),
        shown(event.get("DTSTART", ""), 20),
        shown(event.get("LOCATION", ""), 200),
    )
