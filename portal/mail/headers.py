"""Header fields as bytes, written so that user input is never parsed as header syntax.

The `email` package parses values it is given: `=?utf-8?q?a=0D=0AX:y?=` as somebody's name becomes a
line break (python/cpython 121650). So fields are encoded here and never decoded. Each is one
logical line of printable ASCII (RFC 5322, RFC 2047).
"""

import base64
import re
from collections.abc import Iterator, Sequence

# RFC 2047, 2: maximum length of a line with an encoded word.
_LINE = 76
_FRAME = len("=?utf-8?q??=")
_FOLD = b"\r\n "
# Without `=?`, which begins an encoded word wherever it stands.
_MESSAGE_ID = re.compile(r"<(?!.*=\?)[!-;=?-~]{1,248}>")
_PRINTABLE = re.compile(r"[ -~]+")
_ATOMS = re.compile(r"[A-Za-z0-9]+( [A-Za-z0-9]+)*")
# Characters unencoded in Q encoding, in subjects as well as in names (RFC 2047, 5).
_ITSELF = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")


def plain(name: str, value: str) -> bytes:
    """A field written unchanged on one line: a date, an id, an address.

    Raises ValueError for anything but printable ASCII.
    """
    if not _PRINTABLE.fullmatch(value):
        raise ValueError(f"{name} may hold printable ASCII alone")
    return f"{name}: {value}\r\n".encode("ascii")


def message_ids(name: str, ids: Sequence[str]) -> bytes:
    """A field of Message-IDs in brackets, one a line. Raises ValueError for anything else."""
    if not ids or not all(map(_MESSAGE_ID.fullmatch, ids)):
        raise ValueError(f"{name} may hold Message-IDs alone")
    return f"{name}: ".encode("ascii") + _FOLD.join(one.encode("ascii") for one in ids) + b"\r\n"


def text(name: str, value: str) -> bytes:
    """A field of free text without line breaks. Raises ValueError for a lone surrogate."""
    room = _LINE - len(f"{name}: ")
    lines = _wrapped(value, room) or list(_encoded_words(value, room))
    return f"{name}: ".encode("ascii") + _FOLD.join(lines) + b"\r\n"


def mailbox(name: str, address: str, display: str) -> bytes:
    """A field of one ASCII address with an optional display name."""
    bare = plain(name, address)
    if not display:
        return bare
    room = _LINE - len(f"{name}: ")
    if not _is_plain(display) or len(display) > room // 2:
        shown = _FOLD.join(_encoded_words(display, room))
    elif _ATOMS.fullmatch(display):
        shown = display.encode("ascii")
    else:
        shown = b'"%s"' % re.sub(r'(["\\])', r"\\\1", display).encode("ascii")
    between = b" " if len(shown) + len(bare) + len(" <>") <= _LINE else _FOLD
    return f"{name}: ".encode("ascii") + shown + between + f"<{address}>\r\n".encode("ascii")


def _is_plain(value: str) -> bool:
    """Whether the value can be written without encoding."""
    return bool(_PRINTABLE.fullmatch(value)) and "=?" not in value


def _wrapped(value: str, room: int) -> list[bytes]:
    """`value` as lines of whole words; empty if it needs encoding or a word is too long."""
    words = value.split(" ")
    if not _is_plain(value) or "" in words or max(map(len, words)) > room:
        return []
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [line.encode("ascii") for line in lines]


def _encoded_words(value: str, room: int) -> Iterator[bytes]:
    """RFC 2047 encoded words, each of whole characters."""
    data = value.encode()
    quoted = len(_quoted(data)) <= len(base64.b64encode(data))
    kind, encode = (b"q", _quoted) if quoted else (b"b", base64.b64encode)
    part = b""
    for letter in value:
        longer = part + letter.encode()
        if len(encode(longer)) > room - _FRAME:
            yield b"=?utf-8?%s?%s?=" % (kind, encode(part))
            longer = letter.encode()
        part = longer
    yield b"=?utf-8?%s?%s?=" % (kind, encode(part))


def _quoted(data: bytes) -> bytes:
    return b"".join(bytes([byte]) if byte in _ITSELF else b"=%02X" % byte for byte in data)
