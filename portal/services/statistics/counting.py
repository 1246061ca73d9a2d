"""Counts tickets into cells: those that have changed, and those that were never counted.

A ticket is counted out as it was counted, and in as it is, in one transaction with the note that it
had changed: each change counts once, however often or late the counting is tried. One that was
deleted for good (`services.tickets.retention`) is never counted out.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select

from portal import clock, i18n
from portal.bulk_statements import execute_bulk, insert_missing, upsert
from portal.extensions import db, setting
from portal.models.statistics import (
    CountingProgress,
    StatisticsCell,
    TicketFact,
    UncountedTicket,
)
from portal.models.tickets import Ticket
from portal.services.statistics import facts
from portal.services.statistics.cells import Cell, Fact, cells

BATCH = 500
# No zone has an empty name, so the first counting begins anew.
_NOTHING = {"id": 1, "zone": "", "counted_to": 0, "goal": 1, "stamp": 0}
# Of one statement, so that no driver has too many parameters in it.
_ROWS = 2000


class _Work(NamedTuple):
    """Notes of changes, and tickets to count by id; `last` is the last that nobody has counted.

    `gone` are deleted tickets among these, which are counted as they were.
    """

    notes: Sequence[int]
    ids: Sequence[int]
    last: int
    gone: Sequence[Fact] = ()


def is_behind() -> bool:
    """Whether there is anything to count."""
    progress = db.session.scalar(select(CountingProgress))
    if progress is None or progress.zone != setting("DESK_TIMEZONE"):
        return True
    work = _work(progress, 1)
    return bool(work.notes or work.last)


def count_some(limit: int = BATCH) -> bool:
    """Count up to `limit` tickets; whether there may be more."""
    progress = _locked()
    if progress.zone != setting("DESK_TIMEZONE"):
        _begin_anew(progress)
    work = _work(progress, limit)
    if _count(sorted(set(work.ids)), work.gone):
        progress.stamp = _new_stamp()
    execute_bulk(delete(UncountedTicket).where(UncountedTicket.id.in_(work.notes)))
    progress.counted_to = max(progress.counted_to, work.last)
    progress.counted_at = clock.now()
    if len(work.ids) + len(work.gone) == limit:
        return True
    progress.goal = progress.counted_to
    return False


def begin_anew() -> None:
    """Forget all numbers, and count from the first ticket on."""
    _begin_anew(_locked())


def _locked() -> CountingProgress:
    insert_missing(CountingProgress, [_NOTHING])
    query = select(CountingProgress).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _begin_anew(progress: CountingProgress) -> None:
    for model in (StatisticsCell, UncountedTicket):
        execute_bulk(delete(model))
    # Nothing else is left of tickets that were deleted for good.
    execute_bulk(delete(TicketFact).where(TicketFact.is_gone.is_(False)))
    progress.zone = setting("DESK_TIMEZONE")
    progress.counted_to = 0
    progress.goal = db.session.scalar(select(func.max(Ticket.id))) or 0
    progress.stamp = _new_stamp()


def _new_stamp() -> int:
    """Random, as a restored database would count to the same number again."""
    return secrets.randbits(62)


def _work(progress: CountingProgress, limit: int) -> _Work:
    """Changes come first: who looks at today's numbers has just made them."""
    notes = (
        select(UncountedTicket.id, UncountedTicket.ticket_id)
        .order_by(UncountedTicket.id)
        .limit(limit)
    )
    noted = db.session.execute(notes).all()
    room = limit - len(noted)
    query = select(Ticket.id).where(Ticket.id > progress.counted_to).order_by(Ticket.id)
    present = db.session.scalars(query.limit(room)).all()
    gone = facts.gone_after(progress.counted_to, room)
    reached = sorted([*present, *(fact.ticket_id for fact in gone)])[:room]
    last = reached[-1] if reached else 0
    return _Work(
        [row.id for row in noted],
        [*(row.ticket_id for row in noted), *(of for of in present if of <= last)],
        last,
        [fact for fact in gone if fact.ticket_id <= last],
    )


def _count(ids: Sequence[int], gone: Sequence[Fact]) -> bool:
    """Count these tickets anew; whether that has changed a number."""
    before = facts.counted(ids)
    after = facts.present(ids, i18n.zone(setting("DESK_TIMEZONE")))
    changed = [of for of in ids if before.get(of) != after.get(of)]
    if not changed and not gone:
        return False
    out = [before[of] for of in changed if of in before]
    into = [after[of] for of in changed if of in after]
    _apply(out, [*into, *gone])
    execute_bulk(delete(TicketFact).where(TicketFact.ticket_id.in_([one.ticket_id for one in out])))
    if into:
        db.session.connection().execute(insert(TicketFact), [one._asdict() for one in into])
    return True


def _apply(out: Iterable[Fact], into: Iterable[Fact]) -> None:
    """Add to the cells what has changed; rows are locked in one order."""
    changes = Counter(chain.from_iterable(map(cells, into)))
    changes.subtract(chain.from_iterable(map(cells, out)))
    rows: list[dict[str, Any]] = [
        {**cell._asdict(), "tickets": number} for cell, number in sorted(changes.items()) if number
    ]
    connection = db.session.connection()
    statement = upsert(
        StatisticsCell, connection.dialect.name, key=Cell._fields, added=("tickets",)
    )
    for first in range(0, len(rows), _ROWS):
        connection.execute(statement, rows[first : first + _ROWS])
