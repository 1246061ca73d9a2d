"""Header fields of a mail: encoded words, addresses, Message-IDs.

Each takes time in proportion to its text, whatever that is.
"""

import base64
import binascii
import re
from email.message import Message

from portal.mail_parsing.charsets import decode
from portal.mail_parsing.parsed import Address

# A header with more is hostile, or a list that nobody reads.
MAX_HEADER = 20_000
MAX_ADDRESSES = 100
MAX_REFERENCES = 100
_WORD = re.compile(r"=\?([^?\s*]{1,40})(?:\*[^?\s]{0,40})?\?([BbQq])\?([^?\n]{0,2000})\?=")
_QUOTED_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")
_ID = re.compile(r"<([^<>]{3,400})>")
_BARE_ID = re.compile(r"[^\s<>,;\"]{1,200}@[^\s<>,;\"]{1,200}")
_COMMENT = re.compile(r"\(([^()]{1,200})\)")
_SPACES = re.compile(r"\s+")
# Bytes that are no text stand here as surrogates.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def raw(message: Message, name: str) -> str:
    """The first field of that name, unfolded; empty without one."""
    found = all_raw(message, name, most=1)
    return found[0] if found else ""


def all_raw(message: Message, name: str, *, most: int = 50) -> list[str]:
    """All fields of that name in their order, unfolded."""
    wanted = name.lower()
    found: list[str] = []
    for key, value in message.raw_items():
        if key.lower() == wanted and len(found) < most:
            found.append(_unfolded(str(value)))
    return found


def text(message: Message, name: str) -> str:
    """The first field of that name as people read it."""
    return decoded(raw(message, name))


def storable(text: str) -> str:
    """`text` without what databases refuse."""
    return _UNSTORABLE.sub("", text)


def _unfolded(value: str) -> str:
    return value[:MAX_HEADER].replace("\r", "").replace("\n", " ").strip()


def decoded(value: str) -> str:
    """A raw value with its encoded words decoded, on one line."""
    shown, end, held, charset = [], 0, b"", ""
    for word in _WORD.finditer(value):
        between = value[end : word.start()]
        data = _word_bytes(word[2], word[3])
        # Spaces between encoded words are not shown; and a letter may be cut into two of them.
        if end and not between.strip() and charset == word[1].lower():
            held += data
        else:
            shown.append(decode(held, charset))
            shown.append("" if end and not between.strip() else _plain(between))
            held, charset = data, word[1].lower()
        end = word.end()
    shown += [decode(held, charset), _plain(value[end:])]
    return _SPACES.sub(" ", "".join(shown)).strip()


def _plain(value: str) -> str:
    """Letters beyond ASCII that were written without encoding."""
    if value.isascii():
        return value
    return decode(value.encode("utf-8", "surrogateescape"))


def _word_bytes(kind: str, value: str) -> bytes:
    data = value.encode("utf-8", "surrogateescape")
    if kind in "Qq":
        spaced = data.replace(b"_", b" ")
        return _QUOTED_BYTE.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), spaced)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return b""


def addresses(value: str) -> tuple[Address, ...]:
    """The mailboxes of a raw address list, names decoded; groups are taken apart."""
    found: list[Address] = []
    for entry in _entries(value):
        name, _, bracketed = entry.rpartition("<")
        address = bracketed.partition(">")[0] if bracketed or "<" in entry else ""
        if not address:
            name, address = "", entry.rpartition(":")[2] if "@" in entry else ""
        address = _bare(_uncommented(address))
        if "@" in address.strip("@") and len(found) < MAX_ADDRESSES:
            found.append(Address(_display(name) or _comment(entry), address))
    return tuple(found)


def _bare(address: str) -> str:
    """Without spaces, and quotes around all of it; a local part keeps those that it needs."""
    written = storable(address).strip()
    if '"@' in written:
        return written
    return _SPACES.sub("", written).strip("'\"")


def _comment(entry: str) -> str:
    """`ann@example.com (Ann Archer)`: how names were written once."""
    found = _COMMENT.search(entry)
    return decoded(found[1]) if found else ""


def _display(name: str) -> str:
    bare = name.strip()
    if not bare.startswith('"'):
        bare = bare.rpartition(":")[2].strip()  # the name of a group
    if bare.startswith('"') and bare.endswith('"') and len(bare) > 1:
        bare = bare[1:-1]
    return decoded(bare.replace("\\", "")).strip("\"' ")


def _entries(value: str) -> list[str]:
    """Split at commas and semicolons that stand outside of quotes, brackets and comments."""
    entries: list[str] = []
    current: list[str] = []
    quoted = escaped = bracket = False
    for letter in value[:MAX_HEADER]:
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter == '"':
            quoted = not quoted
        elif not quoted and letter in "<>":
            bracket = letter == "<"
        elif not quoted and not bracket and letter in ",;":
            entries.append("".join(current))
            current = []
            continue
        current.append(letter)
    return [*entries, "".join(current)]


def _uncommented(value: str) -> str:
    depth, kept = 0, []
    for letter in value:
        depth += letter == "("
        if not depth:
            kept.append(letter)
        depth -= letter == ")" and depth > 0
    return "".join(kept)


def message_ids(*values: str) -> tuple[str, ...]:
    """The Message-IDs in raw values, without brackets; also of headers that lost theirs."""
    found: dict[str, None] = {}
    for value in map(storable, values):
        inside = [_SPACES.sub("", one) for one in _ID.findall(value)]
        for one in inside or _BARE_ID.findall(value):
            found.setdefault(one[:200])
    return tuple(found)[:MAX_REFERENCES]


def references(message: Message) -> tuple[str, ...]:
    """In-Reply-To, then References with the newest first."""
    answered = message_ids(raw(message, "In-Reply-To"))
    # The newest stand at the end, which a limit must not cut off.
    chain = message_ids(" ".join(all_raw(message, "References"))[-MAX_HEADER:])
    return tuple(dict.fromkeys((*answered, *reversed(chain))))[:MAX_REFERENCES]
