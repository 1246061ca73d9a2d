"""How searched words stand in a text: for ranking what was found, and marking it."""

from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from portal.queries.tickets.search.leaves import is_beginning
from portal.queries.tickets.search.matching import last_word, wanted_leaves
from portal.search_language.tree import Phrase, Tree, Word
from portal.text_analysis.folding import spelled_out
from portal.text_analysis.terms import number_term, word_terms
from portal.text_analysis.tokens import Token, neighbours, ticket_id, tokens

# Shorter parts of joined words stand everywhere: the t of don't.
_MIN_PART = 3


class Fit(IntEnum):
    """How well a word of a text is the searched one."""

    NONE = 0
    BEGINS = 1
    STEM = 2
    WHOLE = 3


class Spelling(NamedTuple):
    """A searched word: as it is, as it may begin, and by its stems with their languages."""

    whole: frozenset[str]
    beginning: str = ""
    stems: frozenset[str] = frozenset()

    def fit(self, token: Token) -> Fit:
        """How well `token` is this word, or has it as a part."""
        if not self.whole.isdisjoint(token.words):
            return Fit.WHOLE
        raw = (*token.raw, token.raw_whole) if token.whole else token.raw
        if self.stems and any(not self.stems.isdisjoint(word_terms(word)) for word in raw):
            return Fit.STEM
        if self.beginning and any(word.startswith(self.beginning) for word in token.words):
            return Fit.BEGINS
        return Fit.NONE


# The spellings of one word or phrase that was typed.
Leaf = tuple[Spelling, ...]


@lru_cache(maxsize=256)
def leaves(tree: Tree) -> tuple[Leaf, ...]:
    """The words and phrases that tickets are to have; the last may be unfinished."""
    last = last_word(tree)
    found = (_leaf(leaf, begins=leaf is last) for leaf in wanted_leaves(tree))
    return tuple(leaf for leaf in found if leaf)


def _leaf(leaf: Word | Phrase, *, begins: bool) -> Leaf:
    bends = isinstance(leaf, Word)
    found = list(tokens(leaf.text))
    spelled = [
        spelling
        for token in found
        for spelling in _spellings(token, begins=begins and token is found[-1], bends=bends)
    ]
    if bends and (number := ticket_id(leaf.text)) is not None:
        spelled.append(Spelling(frozenset({number_term(number), f"req{number:06d}"})))
    return tuple(dict.fromkeys(spelled))


def _spellings(token: Token, *, begins: bool, bends: bool) -> list[Spelling]:
    if token.unspaced:
        return [Spelling(frozenset({pair})) for pair in neighbours(token.parts[0]) or token.parts]
    words = list(zip(token.raw, token.parts, strict=True))
    if len(words) > 1:
        long = [(raw, part) for raw, part in words if len(part) >= _MIN_PART]
        words = [(token.raw_whole, token.whole), *long] if token.whole else long
    return [_spelling(raw, word, begins=begins, bends=bends) for raw, word in words]


def _spelling(raw: str, word: str, *, begins: bool, bends: bool) -> Spelling:
    return Spelling(
        frozenset({word, spelled_out(raw)}),
        word if begins and is_beginning(word) else "",
        frozenset(term for term in word_terms(raw) if term.startswith("_") and bends),
    )
