"""Parses the text of a search.

    either := all ("OR" all)*
    all    := one ("AND"? one)*
    one    := ("-" | "NOT") one | "(" either ")" | comparison | "exact words" | word

Operators are written in capitals. Nothing raises: a search that cannot be understood has mistakes
and no tree, and what has no letter or digit to look for is left out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from portal.search_language.comparisons import comparison
from portal.search_language.fields import FIELDS, NO_FIELDS, Field
from portal.search_language.mistakes import Mistake, MistakeKind
from portal.search_language.tokens import Token, Tokenizer, TokenKind
from portal.search_language.tree import And, Not, Or, Phrase, Tree, Word

# Of brackets and of NOT.
MAX_DEPTH = 20
_INFIX = frozenset({TokenKind.OR, TokenKind.AND})
_OPERATORS = _INFIX | {TokenKind.NOT}
# What nothing can begin with, and what nothing can end with.
_NO_START = _INFIX | {TokenKind.CLOSE}
_NO_END = _OPERATORS | {TokenKind.OPEN}
_ENDS_ALL = frozenset({TokenKind.OR, TokenKind.CLOSE})
_SOMETHING = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Parsed:
    """`tree` is None for nothing to look for, and for what cannot be understood."""

    tree: Tree | None
    mistakes: tuple[Mistake, ...] = ()

    @property
    def is_understood(self) -> bool:
        """Whether there are no mistakes but those of somebody who is still typing."""
        return all(mistake.is_unfinished for mistake in self.mistakes)


class _TooDeep(Exception):
    pass


@lru_cache(maxsize=256)
def parse_once(text: str, *, with_fields: bool) -> Parsed:
    """`parse`, for a page that asks several times: so do its next pages."""
    return parse(text, FIELDS if with_fields else NO_FIELDS)


def parse(text: str, fields: Mapping[str, Field]) -> Parsed:
    """Parse `text`, in which `fields` may be named."""
    tokenizer = Tokenizer(text, fields)
    tokens = list(tokenizer)
    mistakes = tokenizer.mistakes + _lonely_operators(tokens)
    parser = _Parser(tokens, fields, mistakes)
    try:
        tree = parser.either(0)
    except _TooDeep:
        tree = None
    in_order = sorted(mistakes, key=lambda mistake: mistake.place.start)
    parsed = Parsed(tree, tuple(in_order))
    return parsed if parsed.is_understood else Parsed(None, parsed.mistakes)


def _lonely_operators(tokens: list[Token]) -> list[Mistake]:
    """Operators that lack what they need on one of their sides."""
    neighbours = zip([None, *tokens], tokens, [*tokens[1:], None], strict=False)
    return [
        _mistake(MistakeKind.LONELY_OPERATOR, token)
        for last, token, following in neighbours
        if (token.kind in _OPERATORS and (following is None or following.kind in _NO_START))
        or (token.kind in _INFIX and (last is None or last.kind in _NO_END))
    ]


def _mistake(kind: MistakeKind, token: Token) -> Mistake:
    return Mistake(kind, token.place, token.place)


class _Parser:
    """Recursive descent over `tokens`, with a method for each rule."""

    def __init__(
        self, tokens: list[Token], fields: Mapping[str, Field], mistakes: list[Mistake]
    ) -> None:
        self._tokens = tokens
        self._fields = fields
        self._mistakes = mistakes
        self._at = 0

    def either(self, depth: int) -> Tree | None:
        parts = [self._all(depth)]
        while self._take(TokenKind.OR):
            parts.append(self._all(depth))
        return _joined(Or, parts)

    def _all(self, depth: int) -> Tree | None:
        parts: list[Tree | None] = []
        while (token := self._peek()) is not None and token.kind not in _ENDS_ALL:
            if not self._take(TokenKind.AND):
                parts.append(self._one(depth))
        return _joined(And, parts)

    def _one(self, depth: int) -> Tree | None:
        token = self._tokens[self._at]
        self._at += 1
        match token.kind:
            case TokenKind.NOT:
                return self._not(token, depth)
            case TokenKind.OPEN:
                part = self.either(self._deeper(token, depth))
                self._take(TokenKind.CLOSE)
                return part
            case TokenKind.COMPARISON:
                return comparison(token, self._fields, self._mistakes.append)
        if not _SOMETHING.search(token.text):
            return None
        return Phrase(token.text) if token.kind is TokenKind.PHRASE else Word(token.text)

    def _not(self, token: Token, depth: int) -> Tree | None:
        following = self._peek()
        if following is None or following.kind in _NO_START:
            return None
        part = self._one(self._deeper(token, depth))
        return None if part is None else Not(part)

    def _deeper(self, token: Token, depth: int) -> int:
        if depth == MAX_DEPTH:
            self._mistakes.append(_mistake(MistakeKind.TOO_DEEP, token))
            raise _TooDeep
        return depth + 1

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, kind: TokenKind) -> bool:
        """Go past the next token if it is of that kind."""
        token = self._peek()
        taken = token is not None and token.kind is kind
        self._at += taken
        return taken


def _joined(kind: type[And] | type[Or], parts: list[Tree | None]) -> Tree | None:
    """`parts` in one tree, in which no And stands in an And and no Or in an Or."""
    flat: list[Tree] = []
    for part in parts:
        if part is not None:
            flat += part.parts if isinstance(part, kind) else (part,)
    return kind(tuple(flat)) if len(flat) > 1 else next(iter(flat), None)
