"""Files that old programs wrote into the text: `begin 644 plan.pdf`, lines, `end`."""

import binascii
import re
from typing import NamedTuple

_BEGIN = re.compile(r"begin [0-7]{3,4} ([^\n]{1,200})")
_MAX_LINE = 70
_MAX_FILES = 100


class Inside(NamedTuple):
    """The text without its files, and them: name and content."""

    text: str
    files: tuple[tuple[str, bytes], ...]


def take_out(text: str) -> Inside:
    """Files that are whole are taken out of `text`; anything else stays."""
    if "\nend" not in text:
        return Inside(text, ())
    kept: list[str] = []
    files: list[tuple[str, bytes]] = []
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        begin = _BEGIN.fullmatch(lines[number].rstrip()) if len(files) < _MAX_FILES else None
        found = _content(lines, number + 1) if begin else None
        if begin is None or found is None:
            kept.append(lines[number])
            number += 1
            continue
        content, number = found
        files.append((begin[1], content))
    return Inside("\n".join(kept), tuple(files))


def _content(lines: list[str], number: int) -> tuple[bytes, int] | None:
    """What the lines hold, and the number of the one after `end`; None if one is no such line."""
    content: list[bytes] = []
    while number < len(lines):
        line = lines[number].rstrip("\r")
        number += 1
        if line.rstrip() == "end":
            joined = b"".join(content)
            return (joined, number) if joined else None
        if len(line) > _MAX_LINE or not line.isascii():
            return None
        try:
            content.append(binascii.a2b_uu(line))
        except (binascii.Error, ValueError):
            return None
    return None
