"""What a tree of words asks of the index, for whoever searches."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from portal.models.people import Actor
from portal.queries.tickets.search import names
from portal.queries.tickets.search.documents import (
    organization_mark,
    participant_mark,
    requester_mark,
)
from portal.queries.tickets.search.expressions import (
    AnyTerm,
    Expression,
    Without,
    all_of,
    any_of,
)
from portal.queries.tickets.search.leaves import Leaves
from portal.search_language.tree import And, Not, Or, Phrase, Tree, Word


class Matching(NamedTuple):
    """Tickets that match `words`; all others if `excludes`.

    Without beginnings it is `exact`, and `last` its last word alone: a word that is frequent by
    itself is not taken for the beginning of others. `tree` is what was asked.
    """

    excludes: bool
    words: Expression
    exact: Expression
    last: Expression
    tree: Tree


class _Signed(NamedTuple):
    """An expression, or all but what matches it."""

    excludes: bool
    expression: Expression


def matching(tree: Tree, actor: Actor, *, prefix: bool) -> Matching | None:
    """What `tree`, which has no Comparison, asks of the index; None if it has no words.

    `prefix`: the last word may be unfinished.
    """
    last = last_word(tree) if prefix else None
    found = names.marks(tree, actor, last)
    return _matching(tree, own_marks(actor), tuple(found.items()), prefix=prefix)


def own_marks(actor: Actor) -> tuple[str, ...]:
    """The marks of the tickets that a customer sees; none for staff, who see all."""
    if actor.is_staff:
        return ()
    reads_all = actor.reads_organization
    own = organization_mark(actor.organization_id) if reads_all else requester_mark(actor.id)
    return own, participant_mark(actor.id)


@lru_cache(maxsize=64)
def _matching(
    tree: Tree,
    own_marks: tuple[str, ...],
    known: tuple[tuple[str, Sequence[str]], ...],
    *,
    prefix: bool,
) -> Matching | None:
    last = last_word(tree) if prefix else None
    builder = _Builder(Leaves(staff=not own_marks, names=dict(known)), last)
    unfinished, finished = builder.signed(tree), builder.without_beginnings().signed(tree)
    if unfinished is None or finished is None:
        return None
    return Matching(
        unfinished.excludes,
        _own(unfinished, own_marks),
        _own(finished, own_marks),
        builder.last_alone() or finished.expression,
        tree,
    )


def _own(found: _Signed, marks: tuple[str, ...]) -> Expression:
    """Narrowed to what a customer sees, by the index itself."""
    if not marks or found.excludes:
        return found.expression
    return all_of([AnyTerm(marks), found.expression])


def last_word(tree: Tree) -> Word | None:
    """The word at the end of what was typed, if it is wanted and stands for itself."""
    match tree:
        case Word():
            return tree
        case And(parts) | Or(parts):
            return last_word(parts[-1])
    return None


def wanted_leaves(tree: Tree) -> Iterator[Word | Phrase]:
    """The words and phrases that tickets are to have, in order."""
    match tree:
        case Word() | Phrase():
            yield tree
        case And(parts) | Or(parts):
            for part in parts:
                yield from wanted_leaves(part)


class _Builder(NamedTuple):
    leaves: Leaves
    last: Word | None

    def without_beginnings(self) -> "_Builder":
        return self._replace(last=None)

    def last_alone(self) -> Expression | None:
        return self.leaves.last(self.last.text) if self.last else None

    def signed(self, tree: Tree) -> _Signed | None:
        """The expression of `tree`; None for what has no words, which asks nothing."""
        match tree:
            case Word(text):
                return _wanted(self.leaves.word(text, begins=tree is self.last))
            case Phrase(text):
                return _wanted(self.leaves.phrase(text))
            case Not(part):
                found = self.signed(part)
                return found and found._replace(excludes=not found.excludes)
            case And(parts):
                return _conjunction(self._each(parts))
            case Or(parts):
                # Either of two is not neither of them.
                turned = [part._replace(excludes=not part.excludes) for part in self._each(parts)]
                neither = _conjunction(turned)
                return neither and neither._replace(excludes=not neither.excludes)
        raise TypeError(f"not a word: {tree!r}")

    def _each(self, parts: tuple[Tree, ...]) -> list[_Signed]:
        found = map(self.signed, parts)
        return [part for part in found if part is not None]


def _wanted(expression: Expression | None) -> _Signed | None:
    return _Signed(excludes=False, expression=expression) if expression else None


def _conjunction(parts: list[_Signed]) -> _Signed | None:
    wanted = [part.expression for part in parts if not part.excludes]
    unwanted = [part.expression for part in parts if part.excludes]
    if not wanted:
        return _Signed(excludes=True, expression=any_of(unwanted)) if unwanted else None
    if not unwanted:
        return _Signed(excludes=False, expression=all_of(wanted))
    return _Signed(excludes=False, expression=Without(all_of(wanted), any_of(unwanted)))
