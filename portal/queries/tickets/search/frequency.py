"""Whether matches are few enough to be listed, or so many that a page of them is found soon.

SQLite's index gives its matches in order. PostgreSQL's has no order, and its planner knows neither
how rare a word is nor how long it takes to read a document.
"""

from functools import cache
from typing import Any

from sqlalchemy import func, select

from portal.extensions import db
from portal.prepared import Prepared
from portal.queries.paging import AnyRow
from portal.queries.tickets.search.conditions import INDEX, matches, values
from portal.queries.tickets.search.matching import Matching

_SAMPLE, _FREQUENT = 20, 5


def is_listed(found: Matching) -> bool:
    """Whether matches are listed, unless a quarter of the newest tickets and of all are some."""
    if db.engine.name == "sqlite":
        return False
    newest, spread = _samples().one(values(found))
    return bool(newest < _FREQUENT or spread < _FREQUENT)


@cache
def _samples() -> Prepared[AnyRow]:
    number = INDEX.c.rowid
    is_match = matches().label("is_match")
    newest = select(is_match).select_from(INDEX).order_by(number.desc()).limit(_SAMPLE)
    last = select(func.max(number)).scalar_subquery()
    part: Any = func.generate_series(1, _SAMPLE).alias("part")
    each = number == last * part.column // _SAMPLE
    spread = select(is_match).select_from(part, INDEX).where(each)
    return Prepared(select(_matches(newest, "newest"), _matches(spread, "spread")))


def _matches(sample: Any, name: str) -> Any:
    found = sample.subquery(name)
    return select(func.count()).where(found.c.is_match).scalar_subquery().label(name)
