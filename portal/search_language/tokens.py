"""Cuts the text of a search into tokens, each with its place."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum

from portal.search_language.mistakes import Mistake, MistakeKind, Span

_NAME = re.compile(r"([A-Za-z]+(?:_[A-Za-z]+)*)(:(?:>=|<=|[<>=])?|>=|<=|[<>=])")
_SPACE = re.compile(r"\s*")
# Opening marks, with those that close them. A mark written twice stands for itself.
_QUOTES = {'"': '"', "“": "”", "«": "»", "„": "“"}
_OPERATORS = {"OR", "AND", "NOT"}
# How alike a name has to be to a field's to be taken for it, and how long.
_ALIKE, _LONG_ENOUGH = 0.8, 3


class TokenKind(Enum):
    """What a token is."""

    WORD = "word"
    PHRASE = "phrase"
    COMPARISON = "comparison"
    OPEN = "("
    CLOSE = ")"
    OR = "OR"
    AND = "AND"
    NOT = "NOT"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a field as typed, without its quotes."""

    text: str
    place: Span
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class Token:
    """Of a comparison, `text` is the name of the field as typed."""

    kind: TokenKind
    text: str
    place: Span
    operator: str = ""
    values: tuple[Value, ...] = ()


@dataclass(slots=True)
class Tokenizer:
    """Iterates over the tokens of `text`; `mistakes` are those that it meets.

    A name before a colon is a field if it is one of `names` or much like one of them; else it is
    text, as in `http://…` or `10:30`.
    """

    text: str
    names: Collection[str]
    mistakes: list[Mistake] = field(default_factory=list)
    _at: int = 0
    # Places of the brackets that are open.
    _open: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[Token]:
        while (start := self._skip_space()) < len(self.text):
            yield self._next(start)
        for start in self._open:
            self._note(MistakeKind.OPEN_BRACKET, Span(start, start + 1))

    def _next(self, start: int) -> Token:
        sign, following = self.text[start], self.text[start + 1 : start + 2]
        if sign == "(":
            self._open.append(start)
            return self._sign(TokenKind.OPEN)
        if sign == ")" and self._open:
            self._open.pop()
            return self._sign(TokenKind.CLOSE)
        # "--verbose" and "- " are text.
        if sign == "-" and following and not following.isspace() and following not in "-)":
            return self._sign(TokenKind.NOT)
        if sign in _QUOTES:
            return self._phrase()
        return self._comparison(start) or self._word()

    def _skip_space(self) -> int:
        match = _SPACE.match(self.text, self._at)
        self._at = match.end() if match else self._at
        return self._at

    def _sign(self, kind: TokenKind) -> Token:
        self._at += 1
        return Token(kind, self.text[self._at - 1], Span(self._at - 1, self._at))

    def _phrase(self) -> Token:
        value = self._quoted()
        return Token(TokenKind.PHRASE, value.text, value.place)

    def _word(self) -> Token:
        value = self._bare("")
        kind = TokenKind[value.text] if value.text in _OPERATORS else TokenKind.WORD
        return Token(kind, value.text, value.place)

    def _comparison(self, start: int) -> Token | None:
        match = _NAME.match(self.text, start)
        if not match or not self._is_field(match):
            return None
        self._at = match.end()
        values = tuple(self._values())
        place = Span(start, self._at)
        return Token(TokenKind.COMPARISON, match[1], place, match[2], values)

    def _is_field(self, match: re.Match[str]) -> bool:
        name, operator, following = match[1].lower(), match[2], self.text[match.end() :][:1]
        if name in self.names:
            return True
        alike = operator == ":" and len(name) >= _LONG_ENOUGH and closest(name, self.names)
        return bool(alike) and bool(following) and not following.isspace() and following != "/"

    def _values(self) -> Iterator[Value]:
        """Values with commas between them. A comma at the end is of who has not typed the next."""
        while self._at < len(self.text) and not self.text[self._at].isspace():
            value = self._quoted() if self.text[self._at] in _QUOTES else self._bare(",")
            if value.text:
                yield value
            if self.text[self._at : self._at + 1] != ",":
                return
            self._at += 1

    def _quoted(self) -> Value:
        start, end, close = self._at, self._at + 1, _QUOTES[self.text[self._at]]
        found = ""
        while (at := self.text.find(close, end)) >= 0:
            found += self.text[end:at]
            end = at + 1
            if self.text[end : end + 1] != close:
                break
            found, end = found + close, end + 1
        else:
            found, end = found + self.text[end:], len(self.text)
            self._note(MistakeKind.OPEN_QUOTE, Span(start, end))
        self._at = end
        return Value(found, Span(start, end), is_quoted=True)

    def _bare(self, stops: str) -> Value:
        """Up to a space, one of `stops`, or a bracket that closes one before."""
        start, brackets = self._at, 0
        while self._at < len(self.text):
            sign = self.text[self._at]
            if sign.isspace() or sign in stops:
                break
            if sign == ")" and not brackets and self._open:
                break
            brackets += {"(": 1, ")": -1 if brackets else 0}.get(sign, 0)
            self._at += 1
        return Value(self.text[start : self._at], Span(start, self._at), is_quoted=False)

    def _note(self, kind: MistakeKind, place: Span) -> None:
        self.mistakes.append(Mistake(kind, place, place))


def closest(word: str, known: Collection[str]) -> str:
    """The one of `known` that was probably meant; empty for none."""
    return next(iter(get_close_matches(word, known, 1, _ALIKE)), "")
