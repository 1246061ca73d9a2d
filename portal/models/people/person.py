"""Person: somebody as others are shown them, from the columns that a row has for them."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, Self

from portal.models.people.actor import person_name
from portal.models.people.user import format_id

# What a name is made of.
_PARTS = ("first_name", "last_name", "email")


class Person(NamedTuple):
    """Who somebody is to others."""

    id: int
    name: str
    email: str

    @classmethod
    def columns(cls, of: Any, prefix: str = "") -> tuple[Any, ...]:
        """What `name_of` reads: columns of `of`, which is User or an alias of it.

        The id is not among them: the row has it as a foreign key, which needs no other table.
        """
        columns = (getattr(of, part) for part in _PARTS)
        return tuple(
            column.label(f"{prefix}{part}") if prefix else column
            for part, column in zip(_PARTS, columns, strict=True)
        )

    @classmethod
    def of(cls, row: Any, prefix: str = "") -> Self:
        """The person whose id and columns `row` has under `prefix`: `requester_` + `id`."""
        person_id, first, last, email = _id_and_parts(prefix)(row)
        return cls(person_id, person_name(first, last, email), email)

    @property
    def number(self) -> str:
        """What the account is called in public."""
        return format_id(self.id)


def name_of(row: Any, prefix: str = "") -> str:
    """What the person is called whose columns `row` has under `prefix`."""
    first, last, email = _parts(prefix)(row)
    return person_name(first, last, email)


def person_json(row: Any, prefix: str = "") -> dict[str, str]:
    """The person whose id and columns `row` has under `prefix`, as programs are told of people."""
    person_id, first, last, email = _id_and_parts(prefix)(row)
    return {"id": format_id(person_id), "name": person_name(first, last, email)}


# Lists read hundreds of people: what reads the columns is made once for each prefix.
@cache
def _parts(prefix: str) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(f"{prefix}{part}" for part in _PARTS))


@cache
def _id_and_parts(prefix: str) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(f"{prefix}id", *(f"{prefix}{part}" for part in _PARTS))
