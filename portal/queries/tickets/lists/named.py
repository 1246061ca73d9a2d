"""Ids of people and organizations by name, as a search types it, for conditions of tickets.

The words of a name may come in any case, with accents or without, and in any order.
"""

from sqlalchemy import and_, false, select
from sqlalchemy.orm import aliased

from portal.models.people import User
from portal.models.tickets.search_name import SearchName
from portal.queries.paging import AnySelect
from portal.security.addresses import spellings
from portal.text_analysis.terms import name_words

_AFTER_ALL = "\U0010ffff"


def people_named(text: str) -> AnySelect:
    """Selects the ids of those who have that address, or all words of that name."""
    if "@" in text:
        return select(User.id).where(User.email.in_(spellings(text)))
    return _having("user_id", name_words(text), unfinished=False)


def people_beginning(text: str) -> AnySelect:
    """Selects the ids of those who have all words of that name; the last may be unfinished."""
    return _having("user_id", name_words(text), unfinished=True)


def organizations_named(text: str) -> AnySelect:
    """Selects the ids of those that have all words of that name; the last may be unfinished."""
    return _having("organization_id", name_words(text), unfinished=True)


def _having(owner: str, words: list[str], *, unfinished: bool) -> AnySelect:
    """Selects owners who have a row for each of `words`; nobody without words."""
    if not words:
        return select(User.id).where(false())
    *finished, last = words
    one = aliased(SearchName)
    begins = and_(one.word >= last, one.word < last + _AFTER_ALL)
    column = getattr(one, owner)
    query = select(column).where(column.is_not(None), begins if unfinished else one.word == last)
    for word in finished:
        other = aliased(SearchName)
        others = getattr(other, owner)
        query = query.where(
            column.in_(select(others).where(others.is_not(None), other.word == word))
        )
    return query
