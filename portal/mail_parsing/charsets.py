"""Bytes of a mail as text, whatever charset they claim."""

import codecs

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
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "unknown-8bit": "utf-8",
    "default": "utf-8",
}
# Codecs of the standard library that are no charsets: they decompress, or are other transforms.
_MAX_NAME = 40


def decode(data: bytes, declared: str = "") -> str:
    """`data` in the charset that is declared, else in the likeliest. Never raises."""
    for name in dict.fromkeys((_codec(declared), "utf-8")):
        if name and (text := _strictly(data, name)) is not None:
            return text.replace("\0", "").removeprefix("\ufeff")
    if not declared and _mostly_ascii(data):
        return data.decode("cp1252", "replace").replace("\0", "")
    return max((data.decode(name, "replace") for name in _CYRILLIC), key=_russian).replace("\0", "")


# What is neither as declared nor UTF-8 is mostly old Russian mail.
_CYRILLIC = ("cp1251", "koi8-r")


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
    return found.name if is_charset and found.name not in {"idna", "punycode"} else ""


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


def _mostly_ascii(data: bytes) -> bool:
    return sum(byte > 127 for byte in data[:10_000]) * 5 < min(len(data), 10_000)


def _russian(text: str) -> int:
    """Small Cyrillic letters outnumber capitals in Russian; in the other charset it is reversed."""
    sample = text[:10_000]
    return sum("а" <= letter <= "я" for letter in sample) - sum(
        "А" <= letter <= "Я" for letter in sample
    )
