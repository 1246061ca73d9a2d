"""Conditions by the full-text index, for statements that are prepared for both databases.

The index has the name `search_index` in both (migration 0002); `rowid` is the ticket's id. A
search of words starts there and reads in the order of `rowid`, so that a page reads only the rows
that it shows.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    Text,
    bindparam,
    column,
    exists,
    literal,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from portal.models.base import BigId
from portal.models.tickets import Ticket
from portal.queries.tickets.search.expressions import FTS5, TSQUERY, Expression
from portal.queries.tickets.search.matching import Matching

# SQLite reads all tickets that match a beginning first. So a word that alone matches this many
# tickets is searched as it stands.
_FREQUENT = 1_000

INDEX = table("search_index", column("rowid", BigId))


def values(found: Matching) -> dict[str, Any]:
    """The parameters of the conditions below."""
    return {
        "words": found.words,
        "exact": found.exact,
        "last": found.last,
        "frequent": _FREQUENT,
    }


def matches() -> ColumnElement[bool]:
    """Whether a row of INDEX matches."""
    return _named()


def is_among(ticket_id: Any = Ticket.id) -> ColumnElement[bool]:
    """Whether a ticket is among those that match."""
    return ticket_id.in_(select(INDEX.c.rowid).where(_named()))  # type: ignore[no-any-return]


def is_among_literally(found: Matching) -> ColumnElement[bool]:
    """`is_among` with the values of `found` in it."""
    words = (found.words, found.exact, found.last)
    literals = [bindparam(None, value, ExpressionType(), unique=True) for value in words]
    rows = select(INDEX.c.rowid).where(_Matches(*literals, literal(_FREQUENT)))
    return Ticket.id.in_(rows)


def is_excluded(ticket_id: Any = Ticket.id) -> ColumnElement[bool]:
    """Whether a ticket is none of those that match: asked of each ticket that is read."""
    return ~exists().where(INDEX.c.rowid == ticket_id, _named())


class ExpressionType(TypeDecorator[Expression]):
    """An Expression, as a parameter in the query language of the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Expression | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return (FTS5 if dialect.name == "sqlite" else TSQUERY).write(value)


class _Matches(FunctionElement[bool]):
    """Its arguments: the words, without beginnings, the last alone, and what is frequent."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> "_Matches":  # noqa: ARG002 - SQLAlchemy passes it
        return self


_FTS5 = """search_index MATCH CASE WHEN {frequent} > (
    SELECT count(*) FROM (
        SELECT 1 FROM search_index WHERE search_index MATCH {last} LIMIT {frequent}
    )
) THEN {words} ELSE {exact} END"""


def _named() -> _Matches:
    terms = [bindparam(name, type_=ExpressionType()) for name in ("words", "exact", "last")]
    return _Matches(*terms, bindparam("frequent", type_=Integer()))


@compiles(_Matches, "sqlite")
def _fts5(element: _Matches, compiler: SQLCompiler, **kw: Any) -> str:
    words, exact, last, frequent = (compiler.process(one, **kw) for one in element.clauses)
    return _FTS5.format(words=words, exact=exact, last=last, frequent=frequent)


@compiles(_Matches, "postgresql")
def _tsquery(element: _Matches, compiler: SQLCompiler, **kw: Any) -> str:
    words = compiler.process(next(iter(element.clauses)), **kw)
    return f"search_index.words @@ CAST({words} AS tsquery)"
