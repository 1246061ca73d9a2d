"""Full-text search, alike on both databases; its details are private to this module.

A text is stored as the stems of its words, each once. Each database indexes them with its own
engine under the name `search_index` (migration 0002). Words of internal notes carry a prefix, so
they are different words to the index. Marks for organization and requester let the index itself
narrow a customer's search; they begin with an underscore, which no word contains.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache, lru_cache
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    Text,
    bindparam,
    column,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

from portal.models.base import BigId
from portal.models.people import Actor, User
from portal.models.tickets import Ticket
from portal.security.addresses import spellings
from portal.security.text import normalized

MAX_DOCUMENT = 100_000
_MAX_WORD = 64
_MAX_QUERY = 1_000
_MAX_QUERY_WORDS = 12
# Shorter prefixes match too many words.
_MIN_PREFIX = 3
# SQLite reads all tickets that match a prefix first. So a word that alone matches this many
# tickets is searched without prefix.
_FREQUENT = 1_000

_INTERNAL = "_i"
_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile(r"[а-я]")
_NUMBER = re.compile(r"(?:REQ|#)0*([1-9][0-9]{0,17})", re.ASCII | re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")

_stemming = Lock()  # stemmers are not thread-safe


@cache
def _stemmer(language: str) -> Any:
    import snowballstemmer  # late: 4 MB of thirty languages, for who searches or writes

    return snowballstemmer.stemmer(language)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    word = word[:_MAX_WORD]
    with _stemming:
        language = "russian" if _CYRILLIC.search(word) else "english"
        return str(_stemmer(language).stemWord(word)) or word


def _words(text: str) -> list[str]:
    folded = normalized("NFKC", normalized("NFKC", text).casefold()).replace("ё", "е")
    return _WORD.findall(folded)


def stems(texts: Iterable[str]) -> dict[str, None]:
    """The stems of all words of `texts`, each once, in order."""
    return {_stem(word): None for text in texts for word in _words(text[:MAX_DOCUMENT])}


def add_words(document: str, words: Iterable[str]) -> str:
    """`document` with those of `words` that it lacks, up to MAX_DOCUMENT characters."""
    known = dict.fromkeys(document.split())
    length = len(document)
    for word in words:
        if word not in known:
            length += len(word) + 1
            if length > MAX_DOCUMENT:
                break
            known[word] = None
    return " ".join(known)


def mark_internal(words: Iterable[str]) -> list[str]:
    """`words` with the prefix of internal notes."""
    return [_INTERNAL + word for word in words]


def owner_marks(*, organization_id: int, requester_id: int) -> list[str]:
    """The marks of a ticket's organization and requester."""
    return [f"_o{organization_id}", f"_r{requester_id}"]


def _own_mark(actor: Actor) -> str:
    organization, requester = owner_marks(
        organization_id=actor.organization_id, requester_id=actor.id
    )
    return organization if actor.reads_organization else requester


class QueryKind(StrEnum):
    """What kind of text was typed into the search box."""

    NOTHING = "nothing"
    NUMBER = "number"
    EMAIL = "email"
    WORDS = "words"


class ParsedQuery(NamedTuple):
    """One of number, email and words, by `kind`. `prefix`: the last word may be incomplete."""

    kind: QueryKind
    number: int = 0
    email: str = ""
    words: tuple[str, ...] = ()
    prefix: bool = False


def parse(q: str, *, staff: bool) -> ParsedQuery:
    """Parse `q`. An address finds its owner's tickets, for staff only."""
    q = q[:_MAX_QUERY].strip()
    if match := _NUMBER.fullmatch(q):
        return ParsedQuery(QueryKind.NUMBER, number=int(match[1]))
    if staff and _EMAIL.fullmatch(q):
        return ParsedQuery(QueryKind.EMAIL, email=spellings(q)[-1])
    words = _words(q)[:_MAX_QUERY_WORDS]
    if not words:
        return ParsedQuery(QueryKind.NOTHING)
    found = tuple(dict.fromkeys(map(_stem, words)))
    # "123" is a ticket's number or a number in a text, not a prefix of 1234.
    prefix = not q.isdigit() and len(found[-1]) >= _MIN_PREFIX and found[-1] == _stem(words[-1])
    return ParsedQuery(QueryKind.WORDS, words=found, prefix=prefix)


class _Terms(NamedTuple):
    """A conjunction of words, each in any of several forms."""

    words: tuple[tuple[str, ...], ...]
    prefix: bool


def values(found: ParsedQuery, actor: Actor) -> dict[str, Any]:
    """Parameters of `condition(found.kind)`."""
    if found.kind is QueryKind.NUMBER:
        return {"words": found.number}
    if found.kind is QueryKind.EMAIL:
        return {"words": found.email}
    words = tuple((word, _INTERNAL + word) if actor.is_staff else (word,) for word in found.words)
    if not actor.is_staff:
        words = ((_own_mark(actor),), *words)
    return {
        "words": _Terms(words, found.prefix),
        "exact": _Terms(words, prefix=False),
        "last": _Terms(words[-1:], prefix=False),
        "frequent": _FREQUENT,
    }


class _TermsType(TypeDecorator[_Terms]):
    """Terms in the query language of the database. Words are quoted letters and digits."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: _Terms | None, dialect: Dialect) -> str | None:
        """An FTS5 query or a tsquery."""
        if value is None:
            return None
        sqlite = dialect.name == "sqlite"
        quote, conjunction, either = ('"', " AND ", " OR ") if sqlite else ("'", " & ", " | ")
        parts = [[f"{quote}{form}{quote}" for form in forms] for forms in value.words]
        if value.prefix:
            parts[-1] = [form + ("*" if sqlite else ":*") for form in parts[-1]]
        return conjunction.join(f"({either.join(forms)})" for forms in parts)


# The index, alike in both databases; `rowid` is the ticket's id. Searches of words start here and
# read in the order of `rowid`, so that a page reads only the rows it shows.
INDEX = table("search_index", column("rowid", BigId))


def condition(kind: QueryKind) -> ColumnElement[bool]:
    """The condition on a ticket, or on a row of INDEX for words; `values` gives its parameters."""
    if kind is QueryKind.WORDS:
        return _Matches()
    if kind is QueryKind.NUMBER:
        return Ticket.id == bindparam("words")
    person = select(User.id).where(User.email == bindparam("words")).scalar_subquery()
    return Ticket.requester_id == person


class _Matches(FunctionElement[bool]):
    """Whether a row of the index matches."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> "_Matches":  # noqa: ARG002 - SQLAlchemy passes it
        return self


_FTS5 = """search_index MATCH CASE WHEN {frequent} > (
    SELECT count(*) FROM (
        SELECT 1 FROM search_index WHERE search_index MATCH {last} LIMIT {frequent}
    )
) THEN {words} ELSE {exact} END"""


@compiles(_Matches, "sqlite")
def _fts5(_element: _Matches, compiler: SQLCompiler, **kw: Any) -> str:
    terms = {name: _parameter(compiler, name, **kw) for name in ("last", "words", "exact")}
    frequent = compiler.process(bindparam("frequent", type_=Integer()), **kw)
    return _FTS5.format(frequent=frequent, **terms)


@compiles(_Matches, "postgresql")
def _tsquery(_element: _Matches, compiler: SQLCompiler, **kw: Any) -> str:
    return f"search_index.words @@ CAST({_parameter(compiler, 'words', **kw)} AS tsquery)"


def _parameter(compiler: SQLCompiler, name: str, **kw: Any) -> str:
    return str(compiler.process(bindparam(name, type_=_TermsType()), **kw))
