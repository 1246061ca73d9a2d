"""What is wrong in a search, where, and what was probably meant."""

from dataclasses import dataclass
from enum import StrEnum


class MistakeKind(StrEnum):
    """The code of a mistake, part of the API."""

    UNKNOWN_FIELD = "unknown_field"
    UNKNOWN_VALUE = "unknown_value"
    NO_DAY = "no_day"
    NO_DURATION = "no_duration"
    NO_ORDER = "no_order"
    ONE_VALUE = "one_value"
    TOO_DEEP = "too_deep"
    NO_VALUE = "no_value"
    OPEN_QUOTE = "open_quote"
    OPEN_BRACKET = "open_bracket"
    LONELY_OPERATOR = "lonely_operator"


# Who is still typing makes these: the rest has its meaning without.
_UNFINISHED = frozenset(
    {
        MistakeKind.NO_VALUE,
        MistakeKind.OPEN_QUOTE,
        MistakeKind.OPEN_BRACKET,
        MistakeKind.LONELY_OPERATOR,
    }
)


@dataclass(frozen=True, slots=True)
class Span:
    """A place in the text of a search, `end` not included."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Mistake:
    """`place` is what is wrong within `term`, and `meant` would be right there if not empty."""

    kind: MistakeKind
    place: Span
    term: Span
    meant: str = ""
    field: str = ""

    @property
    def is_unfinished(self) -> bool:
        """Whether the search can be understood none the less."""
        return self.kind in _UNFINISHED

    def mended(self, text: str) -> str:
        """The whole search as it was meant."""
        return text[: self.place.start] + self.meant + text[self.place.end :]

    def mended_term(self, text: str) -> str:
        """The part of the search around the mistake as it was meant."""
        before, after = (
            text[self.term.start : self.place.start],
            text[self.place.end : self.term.end],
        )
        return f"{before}{self.meant}{after}"
