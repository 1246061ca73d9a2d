"""Conditions by the full-text index, for statements that are prepared for both databases.

The index has the name `search_index` in both (migration 0002); `rowid` is the ticket's id. A
search of words starts there and reads in the order of `rowid`, so that a page reads only the rows
that it shows.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    Text,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal,
    not_,
    select,
    table,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from portal.models.base import BigId
from portal.models.tickets import Ticket
from portal.queries.tickets.lists.index_choice import unindexed
from portal.queries.tickets.search.expressions import FTS5, TSQUERY, AnyTerm, Expression, written
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


def listed(*, descending: bool) -> Any:
    """On PostgreSQL: the matches by its index, as a table with the column of INDEX, in order.

    A search of frequent words takes longer so than one that looks at each row of INDEX until it
    has a page.
    """
    found = _found(bindparam("words", type_=ExpressionType()), None)
    number = found.c.rowid
    order = number.desc() if descending else number.asc()
    return select(number).order_by(order).subquery(INDEX.name)


def _found(words: Any, most: int | None) -> Any:
    """The ids of matches by the function of migration 0031, up to `most`."""
    query, limit = cast(words, postgresql.TSQUERY), literal(most, Integer())
    return func.search_index_tickets(query, limit).table_valued(column("rowid", BigId))


def is_among() -> ColumnElement[bool]:
    """Whether a ticket is among those that match."""
    return _is_among(_named())


def is_among_literally(found: Matching) -> ColumnElement[bool]:
    """`is_among` with the values of `found` in it."""
    words = (found.words, found.exact, found.last)
    literals = [bindparam(None, value, ExpressionType(), unique=True) for value in words]
    return _is_among(_Matches(*literals, literal(_FREQUENT)))


def is_excluded() -> ColumnElement[bool]:
    """Whether a ticket is none of those that match."""
    return not_(_is_among(_named()))


def _is_among(matches: "_Matches") -> ColumnElement[bool]:
    """SQLite lists the matches once, since it takes long to look for one of them.

    PostgreSQL asks each ticket that is read: a list may be longer than what it keeps in memory.
    """
    ids = select(INDEX.c.rowid).where(matches)
    one = exists().where(INDEX.c.rowid == Ticket.id, matches)
    return _PerDatabase(unindexed(Ticket.id).in_(ids), one)


class ExpressionType(TypeDecorator[Expression]):
    """An Expression, as a parameter in the query language of the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Expression | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return written(value, FTS5 if dialect.name == "sqlite" else TSQUERY)


class _PerDatabase(FunctionElement[Any]):
    """Two expressions that mean the same: SQLite's, and PostgreSQL's."""

    inherit_cache = True

    def __init__(self, first: ColumnElement[Any], second: ColumnElement[Any]) -> None:
        super().__init__(first, second)
        self.type = first.type

    def self_group(self, against: object = None) -> "_PerDatabase":  # noqa: ARG002 - SQLAlchemy passes it
        return self


@compiles(_PerDatabase, "sqlite")
def _for_sqlite(element: _PerDatabase, compiler: SQLCompiler, **kw: Any) -> str:
    first, _second = element.clauses
    return f"({compiler.process(first, **kw)})"


@compiles(_PerDatabase, "postgresql")
def _for_postgresql(element: _PerDatabase, compiler: SQLCompiler, **kw: Any) -> str:
    _first, second = element.clauses
    return f"({compiler.process(second, **kw)})"


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


def tickets_with_word(place: int, most: int) -> Any:
    """How many tickets have the word at `place` itself, up to `most`."""
    some = select(INDEX.c.rowid).where(matches_word(place, most)).limit(most).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def matches_word(place: int, most: int) -> ColumnElement[bool]:
    """Whether a row of INDEX has the word at `place` itself; `most` rows are asked for."""
    listed = select(_found(_word(place), most).c.rowid)
    return _PerDatabase(_MatchesWord(_word(place)), INDEX.c.rowid.in_(listed))


def has_word(place: int) -> ColumnElement[bool]:
    """The same of a SearchDocument that another condition has found."""
    texts = (bindparam(f"{where}_{place}", type_=Text()) for where in ("public", "internal"))
    return _HasWord(_word(place), *texts)


def word_values(place: int, terms: Sequence[str]) -> dict[str, Any]:
    """The parameters of these: the word, and for staff the same in notes."""
    return {
        f"word_{place}": AnyTerm(tuple(terms)),
        f"public_{place}": f" {terms[0]} ",
        f"internal_{place}": f" {terms[-1]} ",
    }


def _word(place: int) -> Any:
    return bindparam(f"word_{place}", type_=ExpressionType())


class _MatchesWord(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> "_MatchesWord":  # noqa: ARG002 - SQLAlchemy passes it
        return self


class _HasWord(_MatchesWord):
    inherit_cache = True


_IN_DOCUMENT = """CASE
    WHEN instr(' ' || search_documents.public || ' ', {public}) THEN 1
    ELSE instr(' ' || search_documents.internal || ' ', {internal}) > 0
END"""


@compiles(_MatchesWord, "sqlite")
def _fts5_word(element: _MatchesWord, compiler: SQLCompiler, **kw: Any) -> str:
    return f"search_index MATCH {compiler.process(next(iter(element.clauses)), **kw)}"


@compiles(_HasWord, "sqlite")
def _in_document(element: _HasWord, compiler: SQLCompiler, **kw: Any) -> str:
    _word, public, internal = (compiler.process(one, **kw) for one in element.clauses)
    return _IN_DOCUMENT.format(public=public, internal=internal)


@compiles(_HasWord, "postgresql")
def _in_terms(element: _HasWord, compiler: SQLCompiler, **kw: Any) -> str:
    word = compiler.process(next(iter(element.clauses)), **kw)
    return f"search_documents.search_index @@ CAST({word} AS tsquery)"
