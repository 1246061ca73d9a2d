"""What was typed into the search box: a ticket's number, or words."""

import re
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, false, not_

from portal.models.people import Actor
from portal.models.tickets import Ticket
from portal.queries.tickets.search import conditions, frequency, ranking
from portal.queries.tickets.search.matching import Matching, matching
from portal.search_language.tree import Tree, Word, conjunction, conjuncts
from portal.text_analysis.tokens import ticket_id

_MAX_QUERY = 1_000
_MAX_QUERY_WORDS = 12
_SPACED_NUMBER = re.compile(r"\bREQ +(?=[0-9])", re.ASCII | re.IGNORECASE)


class QueryKind(StrEnum):
    """What kind of text was typed. EXCLUDED: only words that tickets must not have."""

    NOTHING = "nothing"
    NUMBER = "number"
    WORDS = "words"
    EXCLUDED = "excluded"


class Query(NamedTuple):
    """A number or words, by `kind`."""

    kind: QueryKind
    number: int = 0
    matching: Matching | None = None
    # Whether the database lists the matches first: see `listed`.
    is_listed: bool = False

    @property
    def can_be_ranked(self) -> bool:
        """Whether tickets are to have some word."""
        return (
            self.kind is QueryKind.WORDS
            and self.matching is not None
            and bool(ranking.ranked_words(self.matching.tree))
        )

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of `condition(kind)`."""
        if self.matching is None:
            return {"number": self.number}
        return conditions.values(self.matching)


def parse(q: str, actor: Actor) -> Query:
    """Parse plain words, or a number alone, for `actor`."""
    q = q[:_MAX_QUERY].strip()
    if (number := ticket_id(q)) is not None:
        return Query(QueryKind.NUMBER, number=number)
    tree = words_tree(q)
    return of_tree(tree, actor, prefix=True) if tree else Query(QueryKind.NOTHING)


def words_tree(q: str) -> Tree | None:
    """All words of `q`, up to a number of them; None without any."""
    words = _SPACED_NUMBER.sub("REQ-", q).split()[:_MAX_QUERY_WORDS]
    return conjunction(tuple(map(Word, words)))


def of_words(tree: Tree | None, actor: Actor) -> Query:
    """The query of what was typed, which has no fields; a number may stand alone."""
    if tree is None:
        return Query(QueryKind.NOTHING)
    words = conjuncts(tree)
    if all(isinstance(word, Word) for word in words):
        return parse(" ".join(word.text for word in words if isinstance(word, Word)), actor)
    return of_tree(tree, actor, prefix=True)


def of_tree(tree: Tree, actor: Actor, *, prefix: bool) -> Query:
    """The query of a tree without fields."""
    found = matching(tree, actor, prefix=prefix)
    if found is None:
        return Query(QueryKind.NOTHING)
    if found.excludes:
        return Query(QueryKind.EXCLUDED, matching=found)
    return Query(QueryKind.WORDS, matching=found, is_listed=frequency.is_listed(found))


def literal_condition(found: Query) -> ColumnElement[bool]:
    """The condition on a ticket with its values in it, for statements that are built once."""
    if found.kind is QueryKind.NUMBER:
        return Ticket.id == found.number
    if found.matching is None:
        return false()
    is_among = conditions.is_among_literally(found.matching)
    return not_(is_among) if found.kind is QueryKind.EXCLUDED else is_among


def condition(kind: QueryKind) -> ColumnElement[bool]:
    """The condition on a ticket, or on a row of INDEX for words; `Query.values` for its values."""
    if kind is QueryKind.WORDS:
        return conditions.matches()
    if kind is QueryKind.EXCLUDED:
        return conditions.is_excluded()
    return Ticket.id == bindparam("number")
