"""Whom staff may file a ticket for, by what they type: a name, an address or a public id."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam, or_, select

from portal.models.base import BigId
from portal.models.organizations import Organization
from portal.models.people import User
from portal.models.people.person import Person, name_of
from portal.prepared import Prepared
from portal.queries.paging import AnyRow
from portal.queries.people import users
from portal.queries.tickets.lists.named import beginning, beginning_values
from portal.security.addresses import spellings
from portal.text_analysis.terms import name_words

MAX_MATCHES = 8
# Of the owners of one beginning so many are read; a longer one finds the others.
_MAX_READ = 50
MAX_QUERY = 200


class Match(NamedTuple):
    """An active account; `company` is empty for who has none."""

    id: int
    email: str
    name: str
    company: str


def matching(text: str) -> list[Match]:
    """Accounts with that address, or with all words of that name, the last maybe unfinished."""
    return [
        Match(row.id, row.email, name_of(row), "" if row.personal else row.name)
        for row in _rows(text.strip()[:MAX_QUERY])
    ]


def is_in_full(text: str, match: Match) -> bool:
    """Whether no word of the name, address or id that was typed is unfinished."""
    by_name = "@" not in text and _public_id(text) is None
    return not by_name or set(name_words(text)) <= set(name_words(match.name))


def _rows(text: str) -> Sequence[AnyRow]:
    if "@" in text:
        typed = spellings(text)
        return _BY_ADDRESS.all({"typed": typed[0], "normal": typed[-1]})
    if (user_id := _public_id(text)) is not None:
        return _BY_ID.all({"user_id": user_id})
    words = name_words(text)
    return _by_name(len(words)).all(beginning_values(words)) if words else []


def _accounts(which: ColumnElement[bool]) -> Prepared[AnyRow]:
    return Prepared(
        select(User.id, *Person.columns(User), Organization.name, Organization.personal)
        .join(Organization, Organization.id == User.organization_id)
        .where(which, User.is_active)
        .order_by(User.first_name, User.last_name, User.id)
        .limit(MAX_MATCHES)
    )


_BY_ADDRESS = _accounts(or_(User.email == bindparam("typed"), User.email == bindparam("normal")))
_BY_ID = _accounts(User.id == bindparam("user_id", type_=BigId))


@cache
def _by_name(words: int) -> Prepared[AnyRow]:
    """A letter at a time is typed, so this is asked often."""
    found = beginning("user_id", words).limit(_MAX_READ).subquery()
    return _accounts(User.id.in_(select(found)))


def _public_id(text: str) -> int | None:
    number = text.upper()
    return users.parse_id(number) if number.startswith("USR") else None
