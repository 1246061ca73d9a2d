"""Person: id, name and address of somebody, composed from the columns of a row."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, Self

from portal.i18n import gettext as _
from portal.models.people.actor import person_name
from portal.models.people.user import format_id

# Columns that a name is composed of.
_PARTS = ("first_name", "last_name", "email")


class Person(NamedTuple):
    """How somebody is shown to others."""

    id: int
    name: str
    email: str

    @classmethod
    def columns(cls, of: Any, prefix: str = "") -> tuple[Any, ...]:
        """Columns of `of` (User or an alias) that `name_of` reads, labelled with `prefix`.

        The id is left out: the row has it as a foreign key, without a join.
        """
        columns = (getattr(of, part) for part in _PARTS)
        return tuple(
            column.label(f"{prefix}{part}") if prefix else column
            for part, column in zip(_PARTS, columns, strict=True)
        )

    @classmethod
    def of(cls, row: Any, prefix: str = "") -> Self:
        """The person from columns of `row` with `prefix`: `requester_id`, `requester_email`, …."""
        person_id, first, last, email = _id_and_parts(prefix)(row)
        return cls(person_id, person_name(first, last, email), email)

    @property
    def number(self) -> str:
        """The public id: USR000001."""
        return format_id(self.id)


def name_of(row: Any, prefix: str = "") -> str:
    """The person's name from the columns of `row` with `prefix`."""
    first, last, email = _parts(prefix)(row)
    # Who has changed a ticket is nobody where the desk did so by itself.
    return _("Assistance") if email is None else person_name(first, last, email)


def person_json(row: Any, prefix: str = "") -> dict[str, str]:
    """Id and name for API and webhooks, from the columns of `row` with `prefix`."""
    person_id, first, last, email = _id_and_parts(prefix)(row)
    return {"id": format_id(person_id), "name": person_name(first, last, email)}


# Lists read hundreds of people: the getters are cached by prefix.
@cache
def _parts(prefix: str) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(f"{prefix}{part}" for part in _PARTS))


@cache
def _id_and_parts(prefix: str) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(f"{prefix}id", *(f"{prefix}{part}" for part in _PARTS))
