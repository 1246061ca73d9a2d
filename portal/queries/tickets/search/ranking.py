"""The order of what was found, the best first: subject over text, rare words over frequent ones.

The newest so many matches are ranked. Their points are whole numbers, so that a page ends at a
pair of points and id.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import log2
from typing import Any, NamedTuple

from sqlalchemy import func, select

from portal.prepared import Prepared
from portal.queries.paging import AnyRow
from portal.queries.tickets.search.conditions import (
    INDEX,
    has_word,
    has_word_values,
    matches_word,
)
from portal.queries.tickets.search.documents import internal
from portal.queries.tickets.search.highlighting import Searched, searched
from portal.queries.tickets.search.spellings import Fit, Leaf, leaves
from portal.search_language.tree import Tree, Word, conjuncts
from portal.text_analysis.tokens import ticket_id

RANKED = 300
_MAX_WORDS = 6
# Tickets with a word are counted up to here.
_FREQUENT = 200
_IN_SUBJECT = {Fit.WHOLE: 800, Fit.STEM: 600, Fit.BEGINS: 400}
_WHOLE_IN_TEXT, _IN_TEXT = 200, 100
_OWN_NUMBER = 10**9


class Match(NamedTuple):
    """A row that was found, with its points."""

    points: int
    row: AnyRow


class Ranking(NamedTuple):
    """What the points of a search's matches are made of."""

    words: Searched
    weights: tuple[float, ...]
    numbers: frozenset[int]

    def points(self, row: AnyRow) -> int:
        """The points of a row, which has a subject and whether it has each word as it stands."""
        if row.id in self.numbers:
            return _OWN_NUMBER
        total = 0.0
        for place, (fit, weight) in enumerate(
            zip(self.words.line(row.subject).fits, self.weights, strict=True)
        ):
            in_text = _WHOLE_IN_TEXT if getattr(row, flag(place)) else _IN_TEXT
            total += weight * _IN_SUBJECT.get(fit, in_text)
        return int(total)

    def best_first(self, rows: Sequence[AnyRow]) -> list[Match]:
        """The rows with their points; the newer first of those with the same."""
        found = [Match(self.points(row), row) for row in rows]
        return sorted(found, key=lambda match: (match.points, match.row.id), reverse=True)


def ranked_words(tree: Tree) -> tuple[Leaf, ...]:
    """The first words and phrases that tickets are to have: by them matches are ranked."""
    return leaves(tree)[:_MAX_WORDS]


def ranking_of(tree: Tree, *, staff: bool) -> Ranking:
    """The ranking of matches of `tree`, which has words that are to be there."""
    words = ranked_words(tree)
    numbers = {
        int(text) if text.isascii() and text.isdigit() and len(text) < 19 else ticket_id(text) or 0
        for text in (part.text for part in conjuncts(tree) if isinstance(part, Word))
    }
    return Ranking(searched(words), _weights(words, staff=staff), frozenset(numbers))


def flag(place: int) -> str:
    """The column that says whether a row has the word at `place` as it stands."""
    return f"has_{place}"


def flags(words: int) -> list[Any]:
    """Columns of a statement on INDEX: whether a row has each of so many words as it stands."""
    return [has_word(place).label(flag(place)) for place in range(words)]


def values(words: Sequence[Leaf], *, staff: bool) -> dict[str, Any]:
    """The parameters of `flags`."""
    found: dict[str, Any] = {}
    for place, leaf in enumerate(words):
        word = min(leaf[0].whole)
        found |= has_word_values(place, (word, internal(word)) if staff else (word,))
    return found


def _weights(words: Sequence[Leaf], *, staff: bool) -> tuple[float, ...]:
    """More for what fewer tickets have."""
    if len(words) == 1:
        return (1.0,)
    found = _frequencies(len(words)).one(values(words, staff=staff))
    return tuple(log2(1 + 2 * _FREQUENT / (1 + number)) for number in found)


@lru_cache(maxsize=_MAX_WORDS)
def _frequencies(words: int) -> Prepared[AnyRow]:
    return Prepared(select(*(_frequency(place) for place in range(words))))


def _frequency(place: int) -> Any:
    some = select(INDEX.c.rowid).where(matches_word(place)).limit(_FREQUENT).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
