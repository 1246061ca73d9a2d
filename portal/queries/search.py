"""Full-text search on both databases: one way to make words into stems, two ways to look them up.

SQLite and PostgreSQL get the same stems and compare them byte by byte, so they answer alike; text
that somebody typed never reaches a query language, only stems do. No other module knows how
either database searches.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, cast, column, func, literal_column, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from portal.extensions import db
from portal.models import Actor, SearchDocument, Ticket, User
from portal.models.ticket import parse_number

# A document is rewritten with each comment, so it has an end: about 15,000 different words.
MAX_DOCUMENT = 100_000
_MAX_WORD = 40
_MAX_QUERY_WORDS = 12
_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile("[а-я]")
_NUMBER = re.compile(r"#?(req[0-9]{6,18})", re.ASCII)
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")

# SQLite's index (migration 0002). Not a model: nothing but this module reads it.
INDEX = table("search_index", column("rowid"), column("search_index"))


class Parsed(NamedTuple):
    """What a search box means. `kind`: number, email, words, or nothing that could be found."""

    kind: str
    text: str = ""
    stems: tuple[str, ...] = ()


def parse(q: str) -> Parsed:
    """Read what was typed: a ticket's number, somebody's address, or words."""
    text = q.strip().lower()
    if number := _NUMBER.fullmatch(text):
        return Parsed("number", number[1].upper())
    if _ADDRESS.fullmatch(text):
        return Parsed("email", text, tuple(stems(text)))
    found = list(dict.fromkeys(stems(text)))[:_MAX_QUERY_WORDS]
    return Parsed("words", text, tuple(found)) if found else Parsed("nothing")


def stems(text: str) -> list[str]:
    """The stems of the words of `text`, in its order: English ones, Russian for Cyrillic."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("ё", "е")
    return [_stem(word[:_MAX_WORD]) for word in _WORD.findall(folded)]


def document(texts: Iterable[str], known: str = "") -> str:
    """`known` and what `texts` add to it: each stem once, at most MAX_DOCUMENT characters."""
    found = dict.fromkeys(known.split())
    for text in texts:
        found.update(dict.fromkeys(stems(text)))
    whole = " ".join(found)
    return whole if len(whole) <= MAX_DOCUMENT else whole[:MAX_DOCUMENT].rpartition(" ")[0]


def scopes(ticket: Ticket) -> str:
    """Words that no text can contain (the underscore), by which the index itself narrows."""
    return f"org_{ticket.organization_id} req_{ticket.requester_id}"


def condition(kind: str, *, staff: bool) -> ColumnElement[bool]:
    """What a ticket has to fulfil for a search of `kind`; its value is the bind `words`."""
    words = bindparam("words")
    if kind == "number":
        return Ticket.id == words
    if kind == "email":
        person = select(User.id).where(User.email == words).scalar_subquery()
        return Ticket.requester_id == person
    if dialect() == "sqlite":
        return INDEX.c.search_index.op("MATCH", is_comparison=True)(words)
    query = cast(words, TSQUERY)
    found = literal_column("search_documents.everything").op("@@", is_comparison=True)(query)
    if staff:
        return found
    # The index knows all words; whether they are in what a customer may read is asked of the few
    # documents that carry the customer's own scope.
    public = func.array_to_tsvector(func.string_to_array(SearchDocument.public, " "))
    return found & public.op("@@", is_comparison=True)(query)


def source() -> tuple[Any, Any]:
    """For a search of words: what to join tickets to, and its column with the ticket's id.

    SQLite's index gives its rows in the order of ids, so a page is read without sorting.
    """
    if dialect() == "sqlite":
        return INDEX, INDEX.c.rowid
    return SearchDocument, SearchDocument.ticket_id


def value(found: Parsed, actor: Actor) -> int | str | None:
    """The value of the bind `words` for `actor`: nobody searches further than they see."""
    if found.kind == "number":
        return parse_number(found.text)
    if found.kind == "email":
        return found.text
    terms = [*found.stems]
    if not actor.is_staff:
        terms.insert(0, f"org_{actor.organization_id}")
        if not actor.reads_organization:
            terms.insert(0, f"req_{actor.id}")
    if dialect() == "sqlite":
        match = " AND ".join(f'"{term}"' for term in terms) + " *"
        return match if actor.is_staff else f"{{public}} : ({match})"
    return " & ".join(f"'{term}'" for term in terms) + ":*"


def dialect() -> str:
    """The database in force: a statement that was built for one is not for the other."""
    return db.session.get_bind().dialect.name


_local = threading.local()


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    """One word's stem. The stemmers keep state while they work, hence one for each thread."""
    if not hasattr(_local, "english"):
        import snowballstemmer  # late: 4 MB of thirty languages, for who searches or writes

        _local.english = snowballstemmer.stemmer("english")
        _local.russian = snowballstemmer.stemmer("russian")
    stemmer = _local.russian if _CYRILLIC.search(word) else _local.english
    return str(stemmer.stemWord(word))
