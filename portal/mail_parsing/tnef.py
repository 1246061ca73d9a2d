"""Files within Outlook's winmail.dat (TNEF, [MS-OXTNEF]).

In one pass over the bytes: the library for it copies what is left for each attribute, so a large
one of many small attributes would take all of the time that a mail has.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from portal.mail_parsing.charsets import decode

MAX_FILES = 100
_SIGNATURE = b"\x78\x9f\x3e\x22"
_HEAD, _CHECKSUM = struct.Struct("<BHHI"), 2
_FIRST = 6
_OF_FILE = 2
_CODE_PAGE, _BEGINS, _TITLE, _DATA, _PROPERTIES = 0x9007, 0x9002, 0x8010, 0x800F, 0x9005
# Of a file's properties ([MS-OXCDATA] 2.11.1): their sizes by type. All others have a length.
_SIZES = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_WITH_LENGTH = frozenset({0xD, 0x1E, 0x1F, 0x102})
_UNICODE = 0x1F
_LONG_NAME = 0x3707
_FIRST_NAMED = 0x8000
_MAX_PROPERTIES = 200


class File(NamedTuple):
    """The name as it was sent; empty without one."""

    name: str
    content: bytes


@dataclass
class _File:
    name: str = ""
    content: bytes = b""


def files(data: bytes) -> list[File]:
    """What is within; nothing of what is no TNEF, and of a damaged one what stands before."""
    found: list[_File] = []
    charset = ""
    if not data.startswith(_SIGNATURE):
        return []
    for level, attribute, value in _attributes(memoryview(data)):
        if attribute == _CODE_PAGE and len(value) >= 4:
            charset = f"cp{int.from_bytes(value[:4], 'little')}"
        elif level == _OF_FILE and attribute == _BEGINS:
            if len(found) == MAX_FILES:
                break
            found.append(_File())
        elif level == _OF_FILE and found:
            _take(found[-1], attribute, value, charset)
    return [File(file.name, file.content) for file in found if file.content]


def _attributes(view: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Level, name and value of each."""
    at = _FIRST
    while at + _HEAD.size <= len(view):
        level, attribute, _kind, size = _HEAD.unpack_from(view, at)
        at += _HEAD.size
        if at + size > len(view):
            return
        yield level, attribute, view[at : at + size]
        at += size + _CHECKSUM


def _take(file: _File, attribute: int, value: memoryview, charset: str) -> None:
    if attribute == _DATA:
        file.content = bytes(value)
    elif attribute == _TITLE:
        # The other one is the whole name, this one what fitted into MS-DOS.
        file.name = file.name or _text(bytes(value), charset)
    elif attribute == _PROPERTIES:
        file.name = _long_name(value, charset) or file.name


def _long_name(value: memoryview, charset: str) -> str:
    """The name among a file's properties; empty without one."""
    try:
        for kind, name, content in _properties(value):
            if name == _LONG_NAME:
                return _text(content, "utf-16-le" if kind == _UNICODE else charset)
    except struct.error:
        pass  # damaged: the name that fitted into MS-DOS is left
    return ""


def _properties(value: memoryview) -> Iterator[tuple[int, int, bytes]]:
    """Type, name and content of those that have a length. Raises struct.error."""
    (count,) = struct.unpack_from("<I", value, 0)
    at = 4
    for _ in range(min(count, _MAX_PROPERTIES)):
        kind, name = struct.unpack_from("<HH", value, at)
        at += 4
        if name >= _FIRST_NAMED:
            at = _after_name(value, at)
        if kind in _SIZES:
            at += _SIZES[kind]
        elif kind in _WITH_LENGTH:
            _one, size = struct.unpack_from("<II", value, at)
            at += 8
            yield kind, name, bytes(value[at : at + size])
            at += _padded(size)
        else:
            return  # of several values: none that we look for comes after it


def _after_name(value: memoryview, at: int) -> int:
    """Where a property with a name of its own goes on: the set's GUID, then a number or a text."""
    at += 16
    is_text, size = struct.unpack_from("<II", value, at)
    return at + 8 + (_padded(size) if is_text else 0)


def _padded(size: int) -> int:
    return (size + 3) // 4 * 4


def _text(content: bytes, charset: str) -> str:
    return decode(content, charset).partition("\0")[0].strip()
