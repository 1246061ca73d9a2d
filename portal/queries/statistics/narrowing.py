"""Narrowing: of which tickets the numbers are."""

from typing import NamedTuple

from sqlalchemy import ColumnElement

from portal.models.statistics import TicketFact


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


EVERYTHING = Narrowing()
