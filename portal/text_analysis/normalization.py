"""Unicode's normal forms, in time proportional to the text."""

import unicodedata
from typing import Literal

# Normalizing costs the square of a run of combining marks; no script needs more than this
# (Unicode's "stream-safe" text).
_MAX_MARKS = 30


def normalized(form: Literal["NFC", "NFKC"], text: str) -> str:
    """`text` in that Unicode normal form, in time proportional to its length."""
    if text.isascii() or unicodedata.is_normalized(form, text):
        return text
    return unicodedata.normalize(form, _without_floods(text))


def _without_floods(text: str) -> str:
    """Drop combining marks beyond the first thirty on one character."""
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)
