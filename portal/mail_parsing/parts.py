"""The parts of a mail: texts, HTML and files, within limits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from typing import NamedTuple

from portal.mail_parsing import calendars, headers, tnef, uuencoded
from portal.mail_parsing.charsets import decode
from portal.mail_parsing.parsed import Invitation, ParsedFile, Remark
from portal.mail_parsing.payloads import content, inside

MAX_PARTS = 500
_MAX_FILENAME = 500
_NO_FILES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_NO_FILES |= {"application/pgp-signature"}
_PKCS7 = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
# What stands before an encrypted part and says nothing.
_PGP_VERSION = "application/pgp-encrypted"
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_PGP_WITHIN = 2_000
_PGP_SIGNED = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\n(?:Hash:[^\n]{0,100}\n){0,5}\n?")
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


class Piece(NamedTuple):
    """A part that is read. Those of one number are forms of the same; 0 is a form of nothing."""

    text: str
    is_html: bool
    alternative: int


@dataclass
class Found:
    """What the parts hold. `seen` are the parts themselves, for bounces."""

    pieces: list[Piece] = field(default_factory=list)
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


def _leaves(message: Message, found: Found) -> Iterator[tuple[Message, int]]:
    """Parts that hold no others, in their order, and the number of their alternatives, or 0.

    A forwarded mail is one part, whatever is in it.
    """
    waiting = [(message, 0)]
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
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            among = alternative or (count if kind == "multipart/alternative" else 0)
            waiting += [(one, among) for one in reversed(inside(part))]
        else:
            yield part, alternative


def _take(part: Message, alternative: int, found: Found) -> None:
    kind = part.get_content_type()
    if kind.startswith("multipart/"):
        kind = "text/plain"  # it has parts in name alone: no boundary, or one that never comes
    if (remark := _remark(part, kind)) is Remark.TNEF and _take_out(part, found):
        return
    if remark:
        found.remarks[remark] = None
    if kind in _NO_FILES or kind == _PGP_VERSION:
        return
    if kind in {"text/plain", "text/html"} and not _is_attached(part):
        text = decode(content(part), str(part.get_param("charset", "") or ""))
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        is_html = kind == "text/html"
        piece = text if is_html else _plain(part, text, found)
        found.pieces.append(Piece(piece, is_html, alternative))
        return
    if kind == "text/calendar":
        found.invitation = found.invitation or calendars.invitation(content(part))
    if kind == "message/delivery-status":
        return
    # What stands beside a text as another form of it is a file only if it has a name.
    data = content(part)
    if data and not (alternative and kind.startswith("text/") and kind != "text/calendar"):
        number = len(found.files) + 1
        content_id = headers.raw(part, "Content-ID").strip(" <>")[:200]
        found.files.append(ParsedFile(_filename(part, number), kind, content_id, data))


def _take_out(part: Message, found: Found) -> bool:
    """Take the files out of a winmail.dat; False when it has none that can be read."""
    within = tnef.files(content(part))
    for file in within:
        name = file.name[:_MAX_FILENAME] or f"file-{len(found.files) + 1}"
        found.files.append(ParsedFile(name, "application/octet-stream", "", file.content))
    return bool(within)


def _remark(part: Message, kind: str) -> Remark | None:
    """What is to be said of a part of that kind."""
    if kind in _NO_FILES:
        return Remark.SIGNED
    if kind in _PKCS7:
        signed = str(part.get_param("smime-type", "")).lower() == "signed-data"
        return Remark.SIGNED if signed else Remark.ENCRYPTED
    if kind == _PGP_VERSION:
        return Remark.ENCRYPTED
    if kind in _TNEF or _named(part).lower() == "winmail.dat":
        return Remark.TNEF
    if kind == "text/calendar":
        return Remark.CALENDAR
    is_mail = kind.startswith("message/") and kind != "message/delivery-status"
    return Remark.NESTED if is_mail else None


def _plain(part: Message, text: str, found: Found) -> str:
    """What was typed, without what programs have put around it and into it."""
    if str(part.get_param("format", "")).lower() == "flowed":
        text = _unflowed(text, remove_space=str(part.get_param("delsp", "")).lower() == "yes")
    if "-----BEGIN PGP MESSAGE-----" in text[:_PGP_WITHIN]:
        found.remarks[Remark.ENCRYPTED] = None
    if signed := _PGP_SIGNED.search(text[:_PGP_WITHIN]):
        found.remarks[Remark.SIGNED] = None
        text = text[: signed.start()] + _within_signature(text[signed.end() :])
    taken = uuencoded.take_out(text)
    for name, data in taken.files:
        filename = headers.decoded(name)[:_MAX_FILENAME]
        found.files.append(ParsedFile(filename, "application/octet-stream", "", data))
    return taken.text


def _within_signature(text: str) -> str:
    """What was signed (RFC 4880, 7), without the signature."""
    body, _, rest = text.partition("\n-----BEGIN PGP SIGNATURE-----")
    after = rest.partition("-----END PGP SIGNATURE-----")[2]
    return body.removeprefix("- ").replace("\n- ", "\n") + after


def _is_attached(part: Message) -> bool:
    disposition = headers.raw(part, "Content-Disposition").partition(";")[0].strip().lower()
    return disposition == "attachment" or bool(_named(part) and disposition != "inline")


def _named(part: Message) -> str:
    """The file name as it was sent, of any of the ways to write it."""
    found = part.get_param("filename", None, "content-disposition") or part.get_param("name")
    if isinstance(found, tuple):
        charset, _language, value = found
        return decode(value.encode("latin-1", "replace"), charset or "")[:_MAX_FILENAME]
    return headers.decoded(found[: headers.MAX_HEADER])[:_MAX_FILENAME] if found else ""


def _filename(part: Message, number: int) -> str:
    kind = part.get_content_type()
    if name := _named(part):
        is_mail = kind == "message/rfc822" and "." not in name
        return f"{name}.eml" if is_mail else name
    if kind == "message/rfc822":
        for inner in inside(part)[:1]:
            if subject := headers.text(inner, "Subject"):
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
