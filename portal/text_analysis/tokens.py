"""Cuts texts into tokens: words with what they are made of, and runs of scripts without spaces."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from portal.text_analysis.folding import MAX_WORD, fold, lowered, spelled_out
from portal.text_analysis.normalization import normalized

# Chinese, Japanese and Korean; Thai, Lao, Burmese and Khmer. Their words have no ends to see.
_UNSPACED = (
    "\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u109f\u1780-\u17d3"
)
# Accents that stand alone and vowel signs belong to the letter before them.
_MARKS = "".join(
    chr(code) for code in range(0x300, 0x1000) if unicodedata.category(chr(code))[0] == "M"
)
_WORD = rf"[^\W_{_UNSPACED}][^\W_{_UNSPACED}]*(?:[{_MARKS}]+[^\W_{_UNSPACED}]*)*"
_JOINED_BY = r"[-'’·._@+‐–]"
_TOKEN = re.compile(rf"[{_UNSPACED}]+|{_WORD}(?:{_JOINED_BY}{_WORD})*")
# The same where there is nothing else, four times as fast.
_ASCII_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[-'._@+][A-Za-z0-9]+)*")
_PART = re.compile(_WORD)
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
# Where a name of programmers, or a letter and a digit, meet.
_SEAM = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
_MAX_SEAMS = 3
# One character may stand for eighteen.
_MAX_TEXT = 100_000
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
# A ticket's number as people write it: REQ000042, req-42, #42.
_NUMBER = re.compile(r"(?:(?<!\w)REQ[- ]?|(?<![\w#])#)0*([1-9][0-9]{0,17})(?!\w)", re.A | re.I)


class Token(NamedTuple):
    """A word, several joined ones, or a run of a script without spaces.

    `parts` are its words, folded, and `raw` the same in lower case with accents; `whole` and
    `raw_whole` all of them as one word; `pieces` the parts of a name like camelCase; `words` all
    words that the index holds of it.
    """

    parts: tuple[str, ...]
    raw: tuple[str, ...]
    whole: str
    raw_whole: str
    pieces: tuple[str, ...]
    words: tuple[str, ...]
    unspaced: bool = False


def visible(text: str) -> str:
    """`text` in normal form, without characters that nobody sees."""
    if text.isascii():
        return text[:_MAX_TEXT]
    return normalized("NFKC", text[:_MAX_TEXT])[:_MAX_TEXT].translate(_INVISIBLE)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text`, in order."""
    text = visible(text)
    for written in (_ASCII_TOKEN if text.isascii() else _TOKEN).findall(text):
        token = _token(written)
        if token.parts:
            yield token


def token_at(text: str, start: int) -> Token | None:
    """The token of `text` that begins at `start`."""
    found = _TOKEN.match(text, start)
    token = _token(visible(found[0])) if found else None
    return token if token and token.parts else None


def token_end(text: str, start: int) -> int:
    """Where the token of `text` ends that begins at `start`."""
    found = _TOKEN.match(text, start)
    return found.end() if found else start


def is_unspaced(word: str) -> bool:
    """Whether a word begins in a script without spaces."""
    return _IS_UNSPACED.match(word) is not None


def located_parts(text: str) -> Iterator[tuple[int, int, Token]]:
    """The parts of the joined words `text`, each as a token of its own."""
    for found in _PART.finditer(text):
        token = _token(visible(found[0]))
        if token.parts:
            yield found.start(), found.end(), token


def ticket_ids(text: str) -> list[int]:
    """Ids of the tickets that `text` names by number."""
    return [int(digits) for digits in _NUMBER.findall(text)]


def ticket_id(text: str) -> int | None:
    """The id if `text` is a ticket's number in any usual spelling but bare digits."""
    found = _NUMBER.fullmatch(text.strip())
    return int(found[1]) if found else None


@lru_cache(maxsize=50_000)
def _token(text: str) -> Token:
    if is_unspaced(text):
        run = text.casefold()
        return Token((run,), (run,), "", "", (), (*run, *neighbours(run)), unspaced=True)
    written = _PART.findall(text)
    # A letter may fold to nothing: a mark alone is no word.
    kept = [(folded, lowered(part)) for part in written if (folded := fold(part))]
    parts, raw = tuple(p for p, _ in kept), tuple(r for _, r in kept)
    joined = "".join(parts) if len(parts) > 1 else ""
    whole = joined if len(joined) <= MAX_WORD else ""
    pieces = _pieces(text) if len(parts) == 1 else ()
    spelled = (spelled_out(word) for word in raw if not word.isascii())
    words = dict.fromkeys((*parts, *pieces, *spelled, *([whole] if whole else ())))
    return Token(parts, raw, whole, "".join(raw) if whole else "", pieces, tuple(words))


def neighbours(run: str) -> tuple[str, ...]:
    """The pairs of neighbouring characters of a run without spaces."""
    return tuple(map("".join, pairwise(run)))


def _pieces(word: str) -> tuple[str, ...]:
    if not word.isascii() or (word.isalpha() and (word.islower() or word.isupper())):
        return ()
    pieces = _SEAM.split(word[:MAX_WORD])
    if not 2 <= len(pieces) <= _MAX_SEAMS + 1 or min(map(len, pieces)) < 2:
        return ()
    return tuple(map(fold, pieces))
