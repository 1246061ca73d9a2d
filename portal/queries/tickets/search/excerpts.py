"""Places in the messages of found tickets where the searched words stand, by one statement."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import bindparam, false, func, select

from portal.models.base import BigId
from portal.models.tickets import Comment
from portal.prepared import Prepared
from portal.queries.paging import AnyRow
from portal.queries.tickets.search.highlighting import Excerpt, Searched

# Of each ticket the first messages are read, and the beginning of each.
_MAX_MESSAGES = 30
_MAX_LENGTH = 6_000
_TICKETS = 30


def excerpts(ticket_ids: Sequence[int], words: Searched, *, staff: bool) -> Mapping[int, Excerpt]:
    """The best place of each of these tickets, at most a page of them; of some there is none.

    The caller knows that the reader sees the tickets. Notes are for staff alone.
    """
    if not ticket_ids or not words.leaves:
        return {}
    wanted = list(ticket_ids[:_TICKETS])
    padded = wanted + [wanted[0]] * (_TICKETS - len(wanted))
    found: dict[int, Excerpt] = {}
    for row in _texts(staff=staff).all({f"ticket_{at}": of for at, of in enumerate(padded)}):
        best = found.get(row.ticket_id)
        if best and best.fit == words.best_fit:
            continue
        new = words.excerpt(row.message)
        if new and (best is None or new.fit > best.fit):
            found[row.ticket_id] = new
    return found


@cache
def _texts(*, staff: bool) -> Prepared[AnyRow]:
    ids = [bindparam(f"ticket_{at}", type_=BigId) for at in range(_TICKETS)]
    of_each: Any = func.row_number().over(partition_by=Comment.ticket_id, order_by=Comment.id)
    texts = select(
        Comment.ticket_id,
        func.substr(Comment.message, 1, _MAX_LENGTH).label("message"),
        of_each.label("place"),
    ).where(Comment.ticket_id.in_(ids))
    if not staff:
        texts = texts.where(Comment.internal == false())
    first = texts.subquery()
    query = select(first.c.ticket_id, first.c.message).where(first.c.place <= _MAX_MESSAGES)
    return Prepared(query.order_by(first.c.ticket_id, first.c.place))
