"""Whom staff may file a ticket for, by what they type: a name, an address or a public id."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, select

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import User
from portal.models.people.person import Person, name_of
from portal.queries.people import users
from portal.queries.tickets.lists.named import people_beginning
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
    text = text.strip()[:MAX_QUERY]
    if not text:
        return []
    query = (
        select(User.id, *Person.columns(User), Organization.name, Organization.personal)
        .join(Organization, Organization.id == User.organization_id)
        .where(_which(text), User.is_active)
        .order_by(User.first_name, User.last_name, User.id)
        .limit(MAX_MATCHES)
    )
    return [
        Match(row.id, row.email, name_of(row), "" if row.personal else row.name)
        for row in db.session.execute(query)
    ]


def is_in_full(text: str, match: Match) -> bool:
    """Whether no word of the name, address or id that was typed is unfinished."""
    by_name = "@" not in text and _public_id(text) is None
    return not by_name or set(name_words(text)) <= set(name_words(match.name))


def _which(text: str) -> ColumnElement[bool]:
    if "@" in text:
        return User.email.in_(spellings(text))
    if (user_id := _public_id(text)) is not None:
        return User.id == user_id
    return User.id.in_(select(people_beginning(text).limit(_MAX_READ).subquery()))


def _public_id(text: str) -> int | None:
    number = text.upper()
    return users.parse_id(number) if number.startswith("USR") else None
