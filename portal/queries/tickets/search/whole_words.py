"""Which of the found tickets have a word as it stands, by as few documents as can be.

A document is long. SQLite's index says which tickets have a word, the newest first; documents are
read of those alone that lie beyond. PostgreSQL's index has no order, so there all are read.
"""

from collections.abc import Sequence
from functools import cache, lru_cache

from sqlalchemy import BigInteger, Integer, bindparam, select

from portal.extensions import db
from portal.models.tickets import SearchDocument
from portal.prepared import Prepared
from portal.queries.id_lists import is_listed
from portal.queries.paging import AnyRow
from portal.queries.tickets.search.conditions import (
    INDEX,
    has_word,
    matches_word,
    word_values,
)

# So many ids are had from the index while fifty documents are read.
_LISTED = 1_000
# The words of a ticket for staff are two terms: in what customers see, and in notes.
Terms = Sequence[str]


def having(words: Sequence[Terms], asked: Sequence[Sequence[int]]) -> list[set[int]]:
    """For each of `words` those of the tickets asked for that have it as it stands.

    `asked` has the ids for each word, the newest first.
    """
    found: list[set[int]] = []
    unknown: list[Sequence[int]] = []
    for terms, ids in zip(words, asked, strict=True):
        have, last = _by_index(terms, ids)
        found.append(have)
        unknown.append([number for number in ids if number < last])
    if wanted := sorted({number for ids in unknown for number in ids}):
        for row in _by_documents(words, wanted):
            for place, have in enumerate(found):
                if row[1 + place]:
                    have.add(row[0])
    return [have.intersection(ids) for have, ids in zip(found, asked, strict=True)]


def _by_index(terms: Terms, ids: Sequence[int]) -> tuple[set[int], int]:
    """Those that have the word, and the oldest id that the answer holds for."""
    if not ids or db.engine.name != "sqlite":
        return set(), ids[0] + 1 if ids else 0
    values = {**word_values(0, terms), "newest": ids[0], "oldest": ids[-1], "size": _LISTED}
    rows = [row.rowid for row in _listed().all(values)]
    return set(rows), rows[-1] if len(rows) == _LISTED else 0


def _by_documents(words: Sequence[Terms], ids: Sequence[int]) -> Sequence[AnyRow]:
    values: dict[str, object] = {"ids": ids}
    for place, terms in enumerate(words):
        values |= word_values(place, terms)
    return _documents(len(words)).all(values)


@cache
def _listed() -> Prepared[AnyRow]:
    number = INDEX.c.rowid
    ends = (number <= bindparam("newest", type_=BigInteger), number >= bindparam("oldest"))
    query = select(number).where(matches_word(0, _LISTED), *ends).order_by(number.desc())
    return Prepared(query.limit(bindparam("size", type_=Integer)))


@lru_cache(maxsize=8)
def _documents(words: int) -> Prepared[AnyRow]:
    flags = (has_word(place).label(f"has_{place}") for place in range(words))
    number = SearchDocument.ticket_id
    return Prepared(select(number, *flags).where(is_listed(number, "ids")))
