"""The different types, departments and languages of tickets, each by one step in its index."""

from functools import cache

from sqlalchemy import func, select

from portal.models.tickets import Ticket
from portal.prepared import Prepared
from portal.queries.paging import AnyRow


def distinct_values(name: str) -> list[str]:
    """What tickets have in the column of that name, in order, however many tickets."""
    return [row.value for row in _values(name).all() if row.value is not None]


@cache
def _values(name: str) -> Prepared[AnyRow]:
    column = getattr(Ticket, name)
    first = select(func.min(column).label("value")).where(column.is_not(None))
    found = first.cte("found", recursive=True)
    following = select(func.min(column)).where(column > found.c.value).scalar_subquery()
    every = found.union_all(select(following).where(found.c.value.is_not(None)))
    return Prepared(select(every.c.value))
