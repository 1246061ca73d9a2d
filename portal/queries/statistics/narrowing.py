"""Narrowing: of which tickets the numbers are."""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlencode

from sqlalchemy import ColumnElement

from portal.models.organizations.organization import format_id as format_organization
from portal.models.people.user import format_id as format_user
from portal.models.statistics import TicketFact
from portal.queries.tickets.lists.ticket_filter import NOBODY
from portal.search_language.fields import NONE


class Narrowing(NamedTuple):
    """Values of columns that tickets have to have; None for any, 0 or an empty text for none."""

    department: str | None = None
    assignee_id: int | None = None
    channel: str | None = None
    organization_id: int | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """Of TicketFact."""
        return [
            getattr(TicketFact, name) == value if value else getattr(TicketFact, name).is_(None)
            for name, value in self._asdict().items()
            if value is not None
        ]

    @property
    def query(self) -> str:
        """As the address of the page has it: the same for the same tickets, whoever asks."""
        words = {
            "department": self.department or (None if self.department is None else NONE),
            "assignee": _number(self.assignee_id, format_user),
            "channel": self.channel,
            "organization": _number(self.organization_id, format_organization),
        }
        return urlencode({name: word for name, word in words.items() if word})


def _number(of: int | None, format_id: Callable[[int], str]) -> str | None:
    return format_id(of) if of else None if of is None else NOBODY


EVERYTHING = Narrowing()
