"""Features of a ticket: words of its subject, words of its text, and neighbours, each once.

A feature is kept as a number below `BUCKETS`, so what was learned names no word: only who has a
text can tell which of its words counted.
"""

from array import array
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from zlib import crc32

from portal.text_analysis.tokens import tokens

# Raise it with every change of what a feature is: all is learned anew then.
FEATURES_VERSION = 1
BUCKETS = 1 << 18
_SUBJECT_WORDS = 60
_TEXT_WORDS = 400
_MAX_TEXT = 20_000
_SHORTEST = 2


def features(subject: str, text: str) -> dict[int, str]:
    """The words of each feature's number; of several with one number the first."""
    found: dict[int, str] = {}
    title, body = _words(subject, _SUBJECT_WORDS), _words(text, _TEXT_WORDS)
    for word in title:
        found.setdefault(_number(f"subject:{word}"), word)
    for words in (title, body):
        for word in words:
            found.setdefault(_number(word), word)
        for first, second in pairwise(words):
            found.setdefault(_number(f"{first} {second}"), f"{first} {second}")
    return found


def packed(numbers: Sequence[int]) -> bytes:
    return array("I", numbers).tobytes()


def unpacked(kept: bytes) -> list[int]:
    return array("I", kept).tolist()


def _words(text: str, most: int) -> list[str]:
    return list(islice(_parts(text[:_MAX_TEXT]), most))


def _parts(text: str) -> Iterator[str]:
    for token in tokens(text):
        if token.unspaced:
            # Of a script without spaces each pair of characters.
            yield from (word for word in token.words if len(word) > 1)
        else:
            yield from (part for part in token.parts if len(part) >= _SHORTEST)


def _number(feature: str) -> int:
    return crc32(feature.encode()) % BUCKETS
