"""Finds the encoding of a text file from its bytes, in bounded memory."""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from portal.importers.problems import UnreadableTable

_CHUNK = 1 << 20
# Bytes of words with letters beyond ASCII that are compared; more says nothing new.
_SAMPLE = 1 << 17
# The mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_FILES = (
    (b"PK\x03\x04", "a spreadsheet (.xlsx, .ods) or an archive"),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet (.xls)"),
    (b"\x1f\x8b", "compressed (.gz)"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"{", "JSON"),
    (b"<", "XML or HTML"),
)
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґў"
# Encodings of one byte a letter, with the letters of the languages that are written in them. Of
# two that fit equally well the first is taken.
_LETTERS = {
    "windows-1252": "äöüßéèêëàâçîïôùûñáíóúãõåæøœìò",
    "windows-1251": _CYRILLIC,
    "koi8-r": _CYRILLIC,
    "windows-1250": "ąćęłńóśźżáčďéěíňřšťúůýžäöüőűô",
}
_WORDS = re.compile(rb"[A-Za-z\x80-\xff]{1,40}")
# Latin letters with marks never follow each other like this; Cyrillic ones do in every word.
_FOREIGN_RUN = re.compile(r"[^\W\d_a-zA-Z]{3}")
_BROKEN_CASE = re.compile(r"[а-яё][А-ЯЁ]")
_LATIN_AND_CYRILLIC = re.compile(r"[a-zA-Z][а-яёА-ЯЁ]|[а-яёА-ЯЁ][a-zA-Z]")
_SYMBOL_IN_WORD = re.compile(r"[^\W\d_][^\w’]+[^\W\d_]|[^\W\d_][³¹]")


def find_encoding(path: Path) -> str:
    """The name of the codec. Raises UnreadableTable for what is no text."""
    with path.open("rb") as stream:
        start = stream.read(_CHUNK)
    if not start.strip():
        raise UnreadableTable("is empty")
    for first_bytes, kind in _OTHER_FILES:
        if start.startswith(first_bytes):
            raise UnreadableTable(f"is not a CSV file but {kind}; save the tickets as CSV")
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    return marked or _wide(start[:256]) or ("utf-8" if _is_utf8(path) else _one_byte(path))


def require_encoding(name: str) -> str:
    """The codec of that name. Raises ValueError for one that is unknown or not of texts."""
    try:
        " ".encode(name)
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        raise ValueError(f"{name!r} is no encoding such as utf-8 or windows-1252") from None


def _wide(start: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of a first line in ASCII is zero."""
    if len(start) < 4 or len(start) % 2:
        start = start[: len(start) // 2 * 2]
    for at, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        if start and start[at::2].count(0) > len(start) * 0.4 and not start[1 - at :: 2].count(0):
            return name
    return None


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _one_byte(path: Path) -> str:
    words = _foreign_words(path)
    if 2 * sum(map(_is_utf8_word, words)) > len(words):
        raise UnreadableTable(
            "is a text in UTF-8 with broken characters; mend it, or say --encoding"
        )
    return max(_LETTERS, key=lambda name: _fit(words, name))


def _foreign_words(path: Path) -> list[bytes]:
    """Words with letters beyond ASCII, up to a sample's size."""
    found, size = [], 0
    for chunk in _chunks(path):
        for word in _WORDS.findall(chunk):
            if not word.isascii():
                found.append(word)
                size += len(word)
                if size > _SAMPLE:
                    return found
    return found


def _is_utf8_word(word: bytes) -> bool:
    try:
        word.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fit(words: list[bytes], encoding: str) -> int:
    """How much `words` look like words in that encoding."""
    letters = _LETTERS[encoding]
    text = b" ".join(words).decode(encoding, errors="replace")
    usual = sum(text.count(letter) for letter in letters)
    wrong = text.count("\ufffd") + len(_SYMBOL_IN_WORD.findall(text))
    if letters is _CYRILLIC:
        wrong += len(_LATIN_AND_CYRILLIC.findall(text)) + len(_BROKEN_CASE.findall(text))
    else:
        wrong += len(_FOREIGN_RUN.findall(text))
    return usual - 3 * wrong
