"""Comparisons of a search that can be taken out of it, each with the text that is left."""

from typing import NamedTuple

from portal.search_language.comparisons import comparison
from portal.search_language.fields import FIELDS
from portal.search_language.parser import parse_once
from portal.search_language.tokens import Token, Tokenizer, TokenKind
from portal.search_language.tree import Comparison

# What belongs to the comparison after it.
_BEFORE = frozenset({TokenKind.NOT, TokenKind.AND})


class Removable(NamedTuple):
    """A comparison that has to be true, or with `is_not` must not be."""

    comparison: Comparison
    is_not: bool
    rest: str


def removable(text: str) -> list[Removable]:
    """Those that stand beside each other; none of a search that is wrong, or has them in an OR."""
    if not parse_once(text, with_fields=True).is_understood:
        return []
    outside = _outside_brackets(list(Tokenizer(text, FIELDS)))
    if any(token.kind is TokenKind.OR for token in outside):
        return []
    found = []
    for at, token in enumerate(outside):
        asked = token.kind is TokenKind.COMPARISON and comparison(token, FIELDS, lambda _: None)
        if asked:
            first = at
            while first and outside[first - 1].kind in _BEFORE:
                first -= 1
            is_not = sum(one.kind is TokenKind.NOT for one in outside[first:at]) % 2 == 1
            before, after = text[: outside[first].place.start], text[token.place.end :]
            found.append(Removable(asked, is_not, _joined(before.strip(), after.strip())))
    return found


def _outside_brackets(tokens: list[Token]) -> list[Token]:
    depth, found = 0, []
    for token in tokens:
        depth -= token.kind is TokenKind.CLOSE
        if not depth:
            found.append(token)
        depth += token.kind is TokenKind.OPEN
    return found


def _joined(before: str, after: str) -> str:
    """What is left, without an AND that has lost what was before it."""
    return f"{before} {after}".strip() if before else after.removeprefix("AND ").strip()
