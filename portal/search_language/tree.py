"""What a search asks for, as a tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Operator(StrEnum):
    """How a field is compared. IS: with any of the values; RANGE: with two, either may be empty."""

    IS = ":"
    AT_LEAST = ">="
    AT_MOST = "<="
    ABOVE = ">"
    BELOW = "<"
    RANGE = ".."


@dataclass(frozen=True, slots=True)
class Word:
    """A word in any of its forms. It may have signs in it, but no spaces."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Exactly these words in this order."""

    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field with its values, as `fields` knows them."""

    field: str
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All of at least two parts."""

    parts: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """Any of at least two parts."""

    parts: "tuple[Tree, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but a part."""

    part: "Tree"


Tree: TypeAlias = Word | Phrase | Comparison | And | Or | Not


def conjuncts(tree: Tree | None) -> tuple[Tree, ...]:
    """The parts that all have to be true; none of nothing."""
    if tree is None:
        return ()
    return tree.parts if isinstance(tree, And) else (tree,)


def conjunction(parts: tuple[Tree, ...]) -> Tree | None:
    """One tree of all `parts`; None of nothing."""
    return And(parts) if len(parts) > 1 else next(iter(parts), None)


def comparisons(tree: Tree) -> Iterator[Comparison]:
    """All comparisons anywhere in it."""
    match tree:
        case Comparison():
            yield tree
        case And(parts) | Or(parts):
            for part in parts:
                yield from comparisons(part)
        case Not(part):
            yield from comparisons(part)


def has_fields(tree: Tree) -> bool:
    """Whether there is a Comparison anywhere in it."""
    return any(True for _ in comparisons(tree))
