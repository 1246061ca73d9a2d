"""Takes what is found out of several texts that leave together."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from portal.redaction import names, patterns
from portal.redaction.kinds import Kind, Span
from portal.redaction.put_back import PutBack

_RANK = {kind: rank for rank, kind in enumerate(Kind)}
# What begins before a text is cut is known by what follows.
_MARGIN = 400


class Redacted(NamedTuple):
    """A value that does not leave, and what stands in its place."""

    placeholder: str
    kind: Kind
    value: str


class Redactor:
    """One for all texts of a call: a value has the same placeholder in each of them.

    `people` are names to take out, with each word of them; `places` are names to take out as a
    whole. `region`: see `patterns.spans`.
    """

    def __init__(
        self,
        people: Iterable[str] = (),
        region: str | None = None,
        *,
        places: Iterable[str] = (),
    ) -> None:
        self._names = names.pattern(people, places)
        self._region = region
        self._found: dict[tuple[Kind, str], str] = {}
        self._counts = dict.fromkeys(Kind, 0)

    def redact(self, text: str, most: int | None = None) -> str:
        """The text with placeholders, which `put_back` undoes; about its first `most` letters.

        Cut here, since half a card's number is none to whoever looks for cards.
        """
        return self._replaced(text, len(text) if most is None else most, numbered=True)

    def remove(self, text: str, most: int | None = None) -> str:
        """The text with words like `[EMAIL]`, which nothing is ever put back for."""
        return self._replaced(text, len(text) if most is None else most, numbered=False)

    def put_back(self) -> PutBack:
        """For an answer to these texts."""
        return PutBack({placeholder: value for placeholder, _kind, value in self.redacted})

    @property
    def redacted(self) -> list[Redacted]:
        """In the order in which they were found; nothing of what was removed."""
        return [Redacted(placeholder, *key) for key, placeholder in self._found.items()]

    def _replaced(self, text: str, most: int, *, numbered: bool) -> str:
        pieces, at = [], 0
        for start, end, kind in _merged(self._spans(text[: most + _MARGIN])):
            if start >= most:
                break
            pieces.append(text[at:start])
            pieces.append(self._placeholder(kind, text[start:end]) if numbered else f"[{kind}]")
            at = end
        return "".join([*pieces, text[at:most]])

    def _spans(self, text: str) -> Iterator[Span]:
        yield from patterns.spans(text, self._region)
        if self._names is not None:
            yield from (Span(*found.span(), Kind.NAME) for found in self._names.finditer(text))

    def _placeholder(self, kind: Kind, value: str) -> str:
        if (kind, value) not in self._found:
            self._counts[kind] += 1
            self._found[kind, value] = f"[{kind}_{self._counts[kind]}]"
        return self._found[kind, value]


def _merged(spans: Iterable[Span]) -> list[Span]:
    """In order and apart: what overlaps is one."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            last = merged.pop()
            kind = min(last.kind, span.kind, key=_RANK.__getitem__)
            merged.append(Span(last.start, max(last.end, span.end), kind))
        else:
            merged.append(span)
    return merged
