"""Cleans text input, so that it can be stored, compared and displayed everywhere.

PostgreSQL rejects NUL, SQLite truncates at it, and neither stores lone surrogates; so both are
rejected here, and both databases behave alike.
"""

import re
import unicodedata

from portal.text_analysis.normalization import normalized

# Tab and line feed stay. The second range is DEL and the C1 controls.
_CONTROLS = re.compile(r"[\x01-\x08\x0b-\x1f\x7f-\x9f]")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# They turn around what follows them: "gpj.exe" could pass for "exe.jpg" in a list.
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_RESERVED = re.compile(r'[<>:"|?*]')
# Hangul's fillers and Braille's empty cell are letters and symbols to Unicode.
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
_MAX_NAME_BYTES = 255
_MAX_SUFFIX_BYTES = 20
_UNNAMED = "file"


def clean(text: str, *, max_length: int, multiline: bool) -> str:
    r"""`text` with \n line ends, in normal form C, without control characters.

    One line unless `multiline`: line ends and tabs become spaces, bidirectional overrides are
    removed. A text without any visible character becomes empty.

    Raises ValueError with a code: "nul", "surrogate", "too_long".
    """
    if "\0" in text:
        raise ValueError("nul")
    if has_surrogate(text):
        raise ValueError("surrogate")
    text = _CONTROLS.sub("", _LINE_ENDS.sub("\n", text))
    if not multiline:
        text = _BIDI.sub("", text.replace("\n", " ").replace("\t", " "))
    text = normalized("NFC", text)
    if len(text) > max_length:
        raise ValueError("too_long")
    return text if any(_is_printable(character) for character in text) else ""


def has_surrogate(text: str) -> bool:
    """Whether half of a pair stands in it, which no encoding stores."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def display_filename(name: str) -> str:
    """The name under which an upload is displayed and downloaded; never a path in the store.

    The last path component without invisible and reserved characters, at most 255 bytes with its
    extension kept, and never empty.
    """
    name = re.split(r"[/\\]", name)[-1]
    visible = "".join(" " if c.isspace() else c for c in name if c.isspace() or _is_visible(c))
    name = _RESERVED.sub("_", normalized("NFC", visible))
    # Windows drops dots and spaces at the end, so they could hide an extension.
    name = " ".join(name.split()).rstrip(". ")
    return _shortened(name) or _UNNAMED


def _is_visible(character: str) -> bool:
    """False for control, format, surrogate and unassigned code points."""
    return not unicodedata.category(character).startswith("C")


def _is_printable(character: str) -> bool:
    """Whether it is visible by itself: no space, combining mark or blank letter."""
    return unicodedata.category(character)[0] not in "CMZ" and character not in _BLANK_LETTERS


def _shortened(name: str) -> str:
    if len(name.encode()) <= _MAX_NAME_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix.encode()) > _MAX_SUFFIX_BYTES:
        stem, dot, suffix = name, "", ""
    room = _MAX_NAME_BYTES - len((dot + suffix).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + suffix
