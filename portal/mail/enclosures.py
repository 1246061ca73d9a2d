"""Files inside a mail: read from the store in pieces, and written as parts of a message (MIME).

What is here was typed by people, so nothing of it is parsed as header syntax, see `mail.headers`.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import BinaryIO, NamedTuple
from urllib.parse import quote

from portal.errors import NotFound
from portal.mail.outgoing import FileToEnclose
from portal.models.tickets import Attachment
from portal.security.filetypes import UNKNOWN
from portal.security.text import display_filename
from portal.storage import Storage

# 57 bytes are a line of 76 characters (RFC 2045, 6.8).
_PIECE = 57 * 1024
_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._ -]{1,120}")


class Enclosure(NamedTuple):
    """`data` are lines of base64."""

    attachment: Attachment
    data: bytes


def read(files: Iterable[FileToEnclose], storage: Storage) -> Mapping[str, bytes | None]:
    """The files as lines of base64, by their keys; None for one that is gone from the store."""
    return {file.key: _encoded(file, storage) for file in files}


def _encoded(file: FileToEnclose, storage: Storage) -> bytes | None:
    try:
        with storage.open(file.key) as source:
            return b"".join(_lines(source, file.size))
    except NotFound:
        return None


def _lines(source: BinaryIO, size: int) -> Iterable[bytes]:
    left = size
    while left > 0 and (piece := _piece(source, min(_PIECE, left))):
        left -= len(piece)
        yield base64.encodebytes(piece).replace(b"\n", b"\r\n")


def _piece(source: BinaryIO, size: int) -> bytes:
    """As many bytes as were asked for, as only the last line may be shorter."""
    found = b""
    while len(found) < size and (more := source.read(size - len(found))):
        found += more
    return found


def beside(body: bytes, files: Iterable[Enclosure], message_id: str) -> bytes:
    """A message of parts: `body`, whose header comes first, and the files. For who has the header.

    The boundary is of the Message-ID, which nobody knows who writes a text.
    """
    boundary = b"=_" + hashlib.sha256(message_id.encode("ascii")).hexdigest()[:40].encode("ascii")
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="%s"\r\n\r\n' % boundary
    parts = [head, b"--%s\r\n" % boundary, body]
    for file in files:
        parts += [b"\r\n--%s\r\n" % boundary, _head(file.attachment), file.data]
    return b"".join([*parts, b"\r\n--%s--\r\n" % boundary])


def _head(file: Attachment) -> bytes:
    content_type = file.content_type if _TYPE.fullmatch(file.content_type) else UNKNOWN
    name = display_filename(file.filename)
    shown = (
        f'filename="{name}"'
        if _PLAIN_NAME.fullmatch(name)
        else f"filename*=utf-8''{quote(name, '')}"
    )
    return (
        f"Content-Type: {content_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n {shown}\r\n\r\n"
    ).encode("ascii")
