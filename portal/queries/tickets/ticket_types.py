"""Reads of the types of tickets, in their order."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select

from portal.extensions import db, setting
from portal.models.tickets import FirstType, TicketType

# More than any desk has: each is an option of a select.
MOST = 50


class TypeRow(NamedTuple):
    """See the model. `name` is empty where there is one in each language."""

    key: str
    name: str
    active: bool


# Of a desk that has never changed them: there are no rows then.
_FIRST = tuple(TypeRow(key.value, "", active=True) for key in FirstType)


def rows() -> tuple[TypeRow, ...]:
    """For `setting("TYPES")`, which is read once a process and change."""
    return tuple(TypeRow(one.key, one.name, one.active) for one in stored()) or _FIRST


def stored() -> list[TicketType]:
    query = select(TicketType).order_by(TicketType.position, TicketType.id).limit(MOST)
    return list(db.session.scalars(query))


def is_known(key: str) -> bool:
    """Whether tickets may have it, or have had it."""
    return any(row.key == key for row in known())


def is_offered(key: str) -> bool:
    return any(row.key == key and row.active for row in known())


def known() -> Iterator[TypeRow]:
    """In their order."""
    for row in setting("TYPES"):
        yield TypeRow(*row)
