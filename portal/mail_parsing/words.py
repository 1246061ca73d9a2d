"""The words of a mail: of its parts those that say something, apart from quotes and signature."""

from collections.abc import Sequence
from typing import NamedTuple

from portal.mail_parsing import html_text, replies
from portal.mail_parsing.parsed import Remark
from portal.mail_parsing.parts import Found, Piece

MAX_TEXT = 1_000_000


class Words(NamedTuple):
    """`written` is all of the text, before quotes are cut from it."""

    written: str
    new: str
    rest: str
    html: str
    remarks: tuple[Remark, ...]


def words(found: Found) -> Words:
    """What was written, and what is to be known of it."""
    remarks = dict(found.remarks)
    htmls = [piece.text for piece in found.pieces if piece.is_html]
    html = _limited("\n".join(htmls), html_text.MAX_HTML, Remark.HTML_CUT, remarks)
    if html:
        remarks[Remark.HTML] = None
    if html_text.names_remote_pictures(html):
        remarks[Remark.REMOTE_PICTURES] = None
    written = _written(found.pieces, remarks)
    written = _limited(written, MAX_TEXT, Remark.TEXT_CUT, remarks)
    split = replies.split(written)
    if split.forwarded:
        remarks[Remark.FORWARDED] = None
    return Words(written, split.new, split.rest, html, tuple(remarks))


def _written(pieces: Sequence[Piece], remarks: dict[Remark, None]) -> str:
    """The texts, and those of HTML that no text says as well."""
    plain = [piece for piece in pieces if not piece.is_html and piece.text.strip()]
    told = {piece.alternative for piece in plain} - {0}
    known = {word for piece in plain for word in piece.text.split()}
    parts, left = [], html_text.MAX_HTML
    for piece in pieces:
        text = piece.text
        if piece.is_html:
            if piece.alternative in told or not left:
                continue
            text = html_text.to_text(text[:left])
            left -= min(len(piece.text), left)
            if not piece.alternative and set(text.split()) <= known:
                continue
            remarks[Remark.FROM_HTML] = None
        parts.append(text.strip("\n"))
    return "\n\n".join(part for part in parts if part.strip())


def _limited(text: str, most: int, remark: Remark, remarks: dict[Remark, None]) -> str:
    if len(text) > most:
        remarks[remark] = None
    return text[:most]
