"""Folds words: case, accents and ligatures make no difference to a search."""

import unicodedata
from functools import lru_cache

MAX_WORD = 64
# Letters that Unicode does not decompose, and ё, which many type as е.
_LETTERS = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "æ": "ae",
    "œ": "oe",
    "ı": "i",
    "ħ": "h",
    "ŧ": "t",
    "ŋ": "n",
    "ĸ": "k",
    "ё": "е",
}
# How those write who have no such key.
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_ACCENTED = ((0x0080, 0x0400), (0x1E00, 0x2000))  # Latin and Greek
_MARKS = (
    *((0x0300, 0x0370), (0x1AB0, 0x1B00), (0x1DC0, 0x1E00), (0x20D0, 0x2100)),  # accents
    *((0x0591, 0x05C8), (0x0610, 0x061B), (0x0640, 0x0641), (0x064B, 0x0660), (0x0670, 0x0671)),
)


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code < end for first, end in ranges)


class _Folds(dict[int, str]):
    """What each character becomes, found once. Й stays, and so do the vowels of Indic scripts."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = _LETTERS.get(character, character)
        if _within(code, _MARKS):
            folded = ""
        elif folded == character and _within(code, _ACCENTED):
            parts = unicodedata.normalize("NFKD", character)
            bare = "".join(part for part in parts if not unicodedata.combining(part))
            folded = "".join(_LETTERS.get(part, part) for part in bare)
        self[code] = folded
        return folded


_FOLDS = _Folds()


def lowered(word: str) -> str:
    """`word` in lower case with its accents, as stemmers want it."""
    return word[:MAX_WORD].casefold()


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """`word` without case and accents."""
    lower = lowered(word)
    return lower if lower.isascii() else lower.translate(_FOLDS)[:MAX_WORD]


def spelled_out(word: str) -> str:
    """`word` folded, with the umlauts spelled as two letters: Müller is mueller."""
    return fold(lowered(word).translate(_SPELLED))
