"""Bytes of a mail as text, whatever charset they claim."""

import codecs
import re

# Names that are no codec here, or mean another one in practice.
_MEANT = {
    "ks_c_5601-1987": "cp949",
    "gb2312": "gb18030",
    "x-gbk": "gb18030",
    "iso-8859-8-i": "iso-8859-8",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-sjis": "cp932",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "x-windows-949": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "tis-620": "cp874",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "utf8mb4": "utf-8",
    "unknown-8bit": "utf-8",
    "default": "utf-8",
}
_MAX_NAME = 40
# No charset of mail any more: it hides marks, and whoever declares it tries to.
_REFUSED = frozenset({"utf-7", "idna", "punycode"})
# Shift between sets by escapes, so that each byte of them is ASCII.
_SHIFTING = ("iso2022", "hz")
_WIDE = ("utf-16", "utf-32")
_WESTERN = frozenset({"cp1252", "iso8859-15", "cp1254"})
# What neither is as declared nor UTF-8 is mostly old Russian mail.
_CYRILLIC = ("cp1251", "koi8-r")
# No Western word has so many letters with accents in a row.
_RUN = re.compile(rb"[\xa8\xb8\xc0-\xff]{4}")


def decode(data: bytes, declared: str = "") -> str:
    """`data` in the charset that is declared, else in the likeliest. Never raises."""
    return _decoded(data, _codec(declared)).replace("\0", "").removeprefix("\ufeff")


def _decoded(data: bytes, codec: str) -> str:
    if not codec and b"\x1b$" in data[:100_000]:
        codec = "iso2022_jp"
    if codec.startswith(_SHIFTING):
        return data.decode(codec, "replace")
    if codec.startswith(_WIDE) and b"\0" not in data and data.isascii():
        codec = ""  # declared by a program that has converted it
    for name in dict.fromkeys((codec, "utf-8")):
        if name and (text := _strictly(data, name)) is not None:
            return _russian_after_all(data, text) if name in _WESTERN else text
    western = data.decode("cp1252", "replace")
    is_western = not _is_accented(western) and not _RUN.search(data[:100_000])
    return western if is_western else _cyrillic(data)


def _russian_after_all(data: bytes, text: str) -> str:
    """Some programs declare what they do not write: most letters with accents are no words."""
    return _cyrillic(data) if _is_accented(text) and _RUN.search(data[:10_000]) else text


def _is_accented(text: str) -> bool:
    """Whether most letters have accents, as Cyrillic ones look in a Western charset."""
    sample = text[:10_000]
    letters = sum(letter.isalpha() for letter in sample)
    return sum(letter > "\xbf" for letter in sample) * 2 > letters


def _cyrillic(data: bytes) -> str:
    return max((data.decode(name, "replace") for name in _CYRILLIC), key=_russian)


def _codec(declared: str) -> str:
    name = declared.strip(" \t\"'").lower()
    name = _MEANT.get(name, name)
    if not name or len(name) > _MAX_NAME or not name.isascii():
        return ""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    # Those that do not make text of bytes, and those that take names apart slowly.
    is_charset = getattr(found, "_is_text_encoding", True)
    return found.name if is_charset and found.name not in _REFUSED else ""


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        # A cut that falls into a letter.
        if name == "utf-8" and 0 < len(data) - error.start <= 3 and error.start:
            return data[: error.start].decode("utf-8")
        return None
    except (ValueError, LookupError):
        return None


def _russian(text: str) -> int:
    """Small Cyrillic letters outnumber capitals in Russian; in the other charset it is reversed."""
    sample = text[:10_000]
    return sum("а" <= letter <= "я" for letter in sample) - sum(
        "А" <= letter <= "Я" for letter in sample
    )
