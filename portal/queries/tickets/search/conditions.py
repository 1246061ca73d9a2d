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
    column,
    exists,
    literal,
    not_,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from portal.models.base import BigId
from portal.models.tickets import Ticket
from portal.queries.tickets.index_choice import unindexed
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


class _PerDatabase(FunctionElement[bool]):
    """Two conditions that mean the same: SQLite's, and PostgreSQL's."""

    inherit_cache = True
    type = Boolean()


@compiles(_PerDatabase, "sqlite")
def _first(element: _PerDatabase, compiler: SQLCompiler, **kw: Any) -> str:
    condition, _other = element.clauses
    return f"({compiler.process(condition, **kw)})"


@compiles(_PerDatabase, "postgresql")
def _second(element: _PerDatabase, compiler: SQLCompiler, **kw: Any) -> str:
    _other, condition = element.clauses
    return f"({compiler.process(condition, **kw)})"


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


def has_word(place: int) -> ColumnElement[bool]:
    """Whether the document of a row of INDEX, joined to Ticket, has the word at `place` itself."""
    return _HasWord(place)


def matches_word(place: int) -> ColumnElement[bool]:
    """The same as a condition by the index."""
    return _MatchesWord(bindparam(f"word_{place}", type_=ExpressionType()))


def has_word_values(place: int, terms: Sequence[str]) -> dict[str, Any]:
    """The parameters of both: the word, and for staff the same in notes."""
    return {
        f"word_{place}": AnyTerm(tuple(terms)),
        f"public_{place}": f" {terms[0]} ",
        f"internal_{place}": f" {terms[-1]} ",
    }


class _MatchesWord(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> "_MatchesWord":  # noqa: ARG002 - SQLAlchemy passes it
        return self


class _HasWord(_MatchesWord):
    inherit_cache = True

    def __init__(self, place: int) -> None:
        texts = (bindparam(f"{where}_{place}", type_=Text()) for where in ("public", "internal"))
        super().__init__(bindparam(f"word_{place}", type_=ExpressionType()), Ticket.subject, *texts)


_IN_DOCUMENT = """CASE
    WHEN instr(' ' || lower({subject}) || ' ', {public}) THEN 1
    WHEN instr(' ' || search_index.public || ' ', {public}) THEN 1
    ELSE instr(' ' || search_index.internal || ' ', {internal}) > 0
END"""


@compiles(_MatchesWord, "sqlite")
def _fts5_word(element: _MatchesWord, compiler: SQLCompiler, **kw: Any) -> str:
    return f"search_index MATCH {compiler.process(next(iter(element.clauses)), **kw)}"


@compiles(_HasWord, "sqlite")
def _in_document(element: _HasWord, compiler: SQLCompiler, **kw: Any) -> str:
    """The columns of the index are those of the documents: it keeps none itself.

    A document has the words of the subject, too. It is long, so it is read for want of them alone.
    """
    _word, subject, public, internal = (compiler.process(one, **kw) for one in element.clauses)
    return _IN_DOCUMENT.format(subject=subject, public=public, internal=internal)


@compiles(_MatchesWord, "postgresql")
@compiles(_HasWord, "postgresql")
def _tsquery_word(element: _MatchesWord, compiler: SQLCompiler, **kw: Any) -> str:
    word = compiler.process(next(iter(element.clauses)), **kw)
    return f"search_index.words @@ CAST({word} AS tsquery)"
