"""Marks searched words in texts, and cuts out the place where they stand."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from portal.queries.tickets.search.spellings import Fit, Leaf, Spelling
from portal.text_analysis.folding import fold
from portal.text_analysis.tokens import Token, is_unspaced, located_parts, token_at, token_end

# Pieces of a text, in order, with whether each is one of the searched words.
Segments = tuple[tuple[str, bool], ...]
_BEFORE, _AFTER = 40, 120
# Places of a text that are looked at, and letters of a word by which they are found.
_MAX_PLACES = 30
_KEY = 4
_JOINER = "[-'’·._@+‐–]?"
_BREAKS = re.compile(r"\s+(?:>\s*)*")


class Excerpt(NamedTuple):
    """A piece of a text, and how well the searched words stand in it."""

    segments: Segments
    fit: int


class Line(NamedTuple):
    """A short text with the searched words marked, and how well each of them stands in it."""

    segments: Segments
    fits: tuple[Fit, ...]


class Searched:
    """Searched words, as they are looked for in texts."""

    def __init__(self, leaves: Sequence[Leaf]) -> None:
        self.leaves = tuple(leaves)
        # Of a text with all of the words as they are: there is nothing better to be looked for.
        self.best_fit = len(self.leaves) * Fit.WHOLE
        self._spellings = [spelling for leaf in leaves for spelling in leaf]
        self._pattern = _pattern(self._spellings)

    def line(self, text: str) -> Line:
        """What `marked` and `fits` say of a short text."""
        return Line(self.marked(text), self.fits_of_line(text))

    def fits_of_line(self, text: str) -> tuple[Fit, ...]:
        """`fits` of a short text: the next page asks for the same."""
        return _fits(self, text)

    def marked(self, text: str) -> Segments:
        """`text` with the searched words marked."""
        pieces: list[tuple[str, bool]] = []
        last = 0
        for start, end in _merged(self._words(text)):
            pieces += [(text[last:start], False), (text[start:end], True)]
            last = end
        return tuple(piece for piece in (*pieces, (text[last:], False)) if piece[0])

    def fits(self, text: str) -> list[Fit]:
        """How well each of the words stands in `text`."""
        best = [Fit.NONE] * len(self.leaves)
        for at in self._places(text):
            token = token_at(text, at)
            for place, leaf in enumerate(self.leaves):
                if token and best[place] is not Fit.WHOLE:
                    best[place] = max(best[place], *(spelling.fit(token) for spelling in leaf))
        return best

    def excerpt(self, text: str) -> Excerpt | None:
        """The piece of `text` where most of the words stand; None where none does."""
        best, best_fit, last = "", 0, -1
        for at in self._places(text):
            if at < last:
                continue
            piece, last = _piece(text, at)
            fit = sum(self.fits(piece))
            if fit > best_fit:
                best, best_fit = piece, fit
            if fit == self.best_fit:
                break
        return Excerpt(self.marked(best), best_fit) if best else None

    def _words(self, text: str) -> Iterator[tuple[int, int]]:
        """Where each of the searched words begins and ends."""
        spellings = self._spellings
        for start in self._places(text):
            token = token_at(text, start)
            if token is None:
                continue
            end = token_end(text, start)
            if token.unspaced:
                yield from _in_run(start, text[start:end], spellings)
            elif len(token.parts) == 1 or any(_is_whole(token, word) for word in spellings):
                if any(word.fit(token) for word in spellings):
                    yield start, end
            else:
                for first, last, part in located_parts(text[start:end]):
                    if any(word.fit(part) for word in spellings):
                        yield start + first, start + last

    def _places(self, text: str) -> Iterator[int]:
        """Where a word may begin that is one of the searched ones."""
        found = self._pattern.finditer(text.translate(_FLAT))
        return (place.start() for place in islice(found, _MAX_PLACES))


@lru_cache(maxsize=64)
def searched(leaves: tuple[Leaf, ...]) -> Searched:
    """The Searched of `leaves`."""
    return Searched(leaves)


@lru_cache(maxsize=2048)
def _fits(words: Searched, text: str) -> tuple[Fit, ...]:
    return tuple(words.fits(text))


def _piece(text: str, at: int) -> tuple[str, int]:
    """The words around `at` on one line, and where they end."""
    start, end = max(0, at - _BEFORE), min(len(text), at + _AFTER)
    if start and (space := text.find(" ", start, at)) >= 0:
        start = space + 1
    if end < len(text) and (space := text.rfind(" ", at, end)) > at:
        end = space
    line = _BREAKS.sub(" ", text[start:end]).strip()
    return ("… " if start else "") + line + (" …" if end < len(text) else ""), end


def _merged(places: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Places in order, those that touch or overlap as one."""
    last: tuple[int, int] | None = None
    for start, end in sorted(places):
        if last and start <= last[1]:
            last = (last[0], max(last[1], end))
        else:
            if last:
                yield last
            last = (start, end)
    if last:
        yield last


def _is_whole(token: Token, spelling: Spelling) -> bool:
    """Whether joined words are, as one word, the searched one."""
    return bool(token.whole) and bool(
        spelling.fit(
            token._replace(parts=(token.whole,), raw=(token.raw_whole,), words=(token.whole,))
        )
    )


def _in_run(at: int, run: str, spellings: Sequence[Spelling]) -> Iterator[tuple[int, int]]:
    lower = run.casefold()
    for spelling in spellings:
        for word in spelling.whole:
            place = lower.find(word)
            while word and place >= 0:
                yield at + place, at + place + len(word)
                place = lower.find(word, place + 1)


class _Flat(dict[int, str]):
    """One letter for each, without case and accent: places stay where they are."""

    def __missing__(self, code: int) -> str:
        letter = self[code] = fold(chr(code))[:1] or chr(code)
        return letter


_FLAT = _Flat()


def _pattern(spellings: Sequence[Spelling]) -> re.Pattern[str]:
    keys = sorted(set(map(_key, spellings)))
    joined = [_JOINER.join(map(re.escape, key)) for key in keys if not is_unspaced(key)]
    ways = [rf"(?<![^\W_])(?:{'|'.join(joined)})"] if joined else []
    return re.compile("|".join([*ways, *filter(is_unspaced, keys)]) or r"(?!)")


def _key(spelling: Spelling) -> str:
    stems = (stem.rpartition("_")[2] for stem in spelling.stems)
    words = [*spelling.whole, *stems, *([spelling.beginning] if spelling.beginning else [])]
    first, last = min(words), max(words)
    same = next((at for at, letter in enumerate(first) if last[at] != letter), len(first))
    return first[: min(same, _KEY)] or first[:1]
