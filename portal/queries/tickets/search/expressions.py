"""Expressions over terms, written in the query language of either database.

Terms are letters, digits, marks of scripts and underscores: between quotes both databases take them
as they are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias


@dataclass(frozen=True, slots=True)
class AnyTerm:
    """Any of `terms`, or of the words that begin with one of `beginnings`."""

    terms: tuple[str, ...]
    beginnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class All:
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    parts: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Without:
    """What matches `wanted` and not `unwanted`."""

    wanted: "Expression"
    unwanted: "Expression"


Expression: TypeAlias = AnyTerm | All | Any | Without


def all_of(parts: Iterable[Expression]) -> Expression:
    """One expression of at least one part."""
    return _joined(All, tuple(dict.fromkeys(parts)))


def any_of(parts: Iterable[Expression]) -> Expression:
    """One expression of at least one part."""
    return _joined(Any, tuple(dict.fromkeys(parts)))


def _joined(kind: type[All] | type[Any], parts: tuple[Expression, ...]) -> Expression:
    return parts[0] if len(parts) == 1 else kind(parts)


class Syntax(NamedTuple):
    """How a database writes expressions."""

    quote: str
    star: str
    both: str
    either: str
    without: str

    def write(self, expression: Expression) -> str:
        match expression:
            case AnyTerm(terms, beginnings):
                begun = (f"{self._quoted(term)}{self.star}" for term in beginnings)
                written, between = [*map(self._quoted, terms), *begun], self.either
            case All(parts):
                written, between = list(map(self.write, parts)), self.both
            case Any(parts):
                written, between = list(map(self.write, parts)), self.either
            case Without(wanted, unwanted):
                written, between = [self.write(wanted), self.write(unwanted)], self.without
        return f"({between.join(written)})"

    def _quoted(self, term: str) -> str:
        return f"{self.quote}{term}{self.quote}"


FTS5 = Syntax('"', "*", " AND ", " OR ", " NOT ")
TSQUERY = Syntax("'", ":*", " & ", " | ", " & !")


@lru_cache(maxsize=256)
def written(expression: Expression, syntax: Syntax) -> str:
    """`expression` in `syntax`. Pages of one search send the same ones."""
    return syntax.write(expression)
