"""Lists of tickets that begin at a moment: what was filed or changed since then."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, bindparam

from portal.models.tickets import Ticket
from portal.queries.tickets.lists import ticket_rows
from portal.queries.tickets.lists.ticket_filter import Sort

# Orders in which a list is read from such a moment on.
BY_TIME = frozenset({Sort.UPDATED, Sort.IDLE})


class Since(NamedTuple):
    """The moments before which tickets are left out; only in an order of BY_TIME."""

    created: datetime | None = None
    updated: datetime | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields that are given."""
        return tuple(name for name, moment in self._asdict().items() if moment is not None)

    @property
    def values(self) -> dict[str, datetime]:
        """The values for the parameters of `conditions`."""
        return {f"{name}_since": getattr(self, name) for name in self.names}


EVER = Since()


def conditions(names: Sequence[str], *, staff: bool) -> list[ColumnElement[bool]]:
    """Conditions of the fields of Since with those names; each bounds the index of the list.

    What was created since then has changed since then, so the second one follows from the first.
    """
    changed = Ticket.updated_at if staff else ticket_rows.PUBLIC_UPDATED_AT
    found: list[ColumnElement[bool]] = []
    for name in names:
        moment = bindparam(f"{name}_since", type_=Ticket.created_at.type)
        found.append(changed >= moment)
        if name == "created":
            found.append(Ticket.created_at >= moment)
    return found
