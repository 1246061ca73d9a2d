"""Departments that tickets have, also those that are no more."""

from sqlalchemy import literal, select

from portal.extensions import db
from portal.models.tickets import Ticket
from portal.queries.tickets.distinct_values import distinct_values


def names() -> list[str]:
    """All of them, in order."""
    return distinct_values("department")


def exists(name: str) -> bool:
    """Whether a ticket has it."""
    found = select(literal(1)).where(Ticket.department == name).limit(1)
    return db.session.scalar(found) is not None
