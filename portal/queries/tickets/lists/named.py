"""Ids of people and organizations by name, as a search types it, for conditions of tickets.

The words of a name may come in any case, with accents or without, and in any order.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, false, select
from sqlalchemy.orm import aliased

from portal.models.people import User
from portal.models.tickets.search_name import WORD, SearchName
from portal.queries.paging import AnySelect
from portal.security.addresses import spellings
from portal.text_analysis.terms import name_words

_AFTER_ALL = "\U0010ffff"


def people_named(text: str) -> AnySelect:
    """Selects the ids of those who have that address, or all words of that name."""
    if "@" in text:
        return select(User.id).where(User.email.in_(spellings(text)))
    words = name_words(text)
    return _having("user_id", words, after=None) if words else select(User.id).where(false())


def organizations_named(text: str) -> AnySelect:
    """Selects the ids of those that have all words of that name; the last may be unfinished."""
    words = name_words(text)
    if not words:
        return select(User.id).where(false())
    return _having("organization_id", words, after=words[-1] + _AFTER_ALL)


def beginning(owner: str, words: int) -> AnySelect:
    """The same for a prepared statement: ids in the column `owner`, by so many words.

    `beginning_values` has its parameters.
    """
    given = [bindparam(f"word_{at}", type_=WORD) for at in range(words)]
    return _having(owner, given, after=bindparam("word_after", type_=WORD))


def beginning_values(words: Sequence[str]) -> dict[str, str]:
    values = {f"word_{at}": word for at, word in enumerate(words)}
    return values | {"word_after": words[-1] + _AFTER_ALL}


def _having(owner: str, words: Sequence[Any], *, after: Any) -> AnySelect:
    """Selects owners who have a row for each of `words`, which are texts or parameters.

    With `after` the last is unfinished: it stands for all words from it up to that.
    """
    *finished, last = words
    one = aliased(SearchName)
    begins = one.word == last if after is None else and_(one.word >= last, one.word < after)
    column = getattr(one, owner)
    query = select(column).where(column.is_not(None), begins)
    for word in finished:
        other = aliased(SearchName)
        others = getattr(other, owner)
        query = query.where(
            column.in_(select(others).where(others.is_not(None), other.word == word))
        )
    return query
