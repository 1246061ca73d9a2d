"""Departments that tickets have, from their index: one step for each, however many tickets."""

from sqlalchemy import func, literal, select

from portal.extensions import db
from portal.models.tickets import Ticket
from portal.prepared import Prepared
from portal.queries.paging import AnyRow

_FIRST = select(func.min(Ticket.department).label("name")).where(Ticket.department.is_not(None))
_FOUND = _FIRST.cte("departments", recursive=True)
_NEXT = (
    select(func.min(Ticket.department)).where(Ticket.department > _FOUND.c.name).scalar_subquery()
)
_ALL = _FOUND.union_all(select(_NEXT).where(_FOUND.c.name.is_not(None)))
_NAMES: Prepared[AnyRow] = Prepared(select(_ALL.c.name))


def names() -> list[str]:
    """All of them, in order."""
    return [row.name for row in _NAMES.all() if row.name is not None]


def exists(name: str) -> bool:
    """Whether a ticket has it."""
    found = select(literal(1)).where(Ticket.department == name).limit(1)
    return db.session.scalar(found) is not None
