"""The order of what was found, the best first: subject over text, rare words over frequent ones.

The newest so many matches are ranked. Their points are whole numbers, so that a page ends at a
pair of points and id.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import log2
from typing import Any, NamedTuple

from sqlalchemy import select

from portal.prepared import Prepared
from portal.queries.paging import AnyRow
from portal.queries.tickets.search import whole_words
from portal.queries.tickets.search.conditions import tickets_with_word, word_values
from portal.queries.tickets.search.documents import internal
from portal.queries.tickets.search.highlighting import Searched, searched
from portal.queries.tickets.search.spellings import Fit, Leaf, leaves
from portal.queries.tickets.search.whole_words import Terms
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
    terms: tuple[Terms, ...]
    weights: tuple[float, ...]
    numbers: frozenset[int]

    def best_first(self, rows: Sequence[AnyRow]) -> list[Match]:
        """The rows, which are newest first, with their points; the newer first of the same."""
        fits = [self.words.fits_of_line(row.subject) for row in rows]
        asked = [
            [row.id for row, fit in zip(rows, fits, strict=True) if not fit[place]]
            for place in range(len(self.terms))
        ]
        have = whole_words.having(self.terms, asked)
        found = [
            Match(self._points(row.id, fit, have), row) for row, fit in zip(rows, fits, strict=True)
        ]
        return sorted(found, key=lambda match: (match.points, match.row.id), reverse=True)

    def _points(self, ticket: int, fits: Sequence[Fit], have: Sequence[set[int]]) -> int:
        if ticket in self.numbers:
            return _OWN_NUMBER
        total = 0.0
        for fit, weight, whole in zip(fits, self.weights, have, strict=True):
            if fit:
                total += weight * _IN_SUBJECT[fit]
            else:
                total += weight * (_WHOLE_IN_TEXT if ticket in whole else _IN_TEXT)
        return int(total)


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
    terms = tuple(_terms(leaf, staff=staff) for leaf in words)
    return Ranking(searched(words), terms, _weights(terms), frozenset(numbers))


def _terms(leaf: Leaf, *, staff: bool) -> Terms:
    word = min(leaf[0].whole)
    return (word, internal(word)) if staff else (word,)


def _weights(words: Sequence[Terms]) -> tuple[float, ...]:
    """More for what fewer tickets have."""
    if len(words) == 1:
        return (1.0,)
    values: dict[str, Any] = {}
    for place, terms in enumerate(words):
        values |= word_values(place, terms)
    found = _frequencies(len(words)).one(values)
    return tuple(log2(1 + 2 * _FREQUENT / (1 + number)) for number in found)


@lru_cache(maxsize=_MAX_WORDS)
def _frequencies(words: int) -> Prepared[AnyRow]:
    counts = (tickets_with_word(place, _FREQUENT) for place in range(words))
    return Prepared(select(*(count.label(f"tickets_{at}") for at, count in enumerate(counts))))
