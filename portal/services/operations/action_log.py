"""Seals events into the audit log: lines of a chain, each with the hash of the one before.

Events are written with the change they describe; a job seals them within seconds. Sealing twice
adds nothing. `queries.operations.action_log` verifies the chain.
"""

import logging
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, update

from portal import clock
from portal.extensions import db, execute_on_logs
from portal.isolation import attempt
from portal.models.operations import Action, ActionDay, ActionSource
from portal.models.operations.action import GENESIS_HASH, digest_of, seal
from portal.models.people import AccountEvent
from portal.models.tickets import TicketEvent

log = logging.getLogger(__name__)

LINES: Table = Action.__table__  # type: ignore[assignment]
DAYS: Table = ActionDay.__table__  # type: ignore[assignment]
BATCH = 1000
# Ids become visible at commit, so lower ids may appear later: how far back to look.
_WINDOW = 1000
_EVENTS: dict[ActionSource, Any] = {
    ActionSource.TICKET: TicketEvent,
    ActionSource.ACCOUNT: AccountEvent,
}


def seal_new(limit: int = BATCH) -> int:
    """Seal up to `limit` events; return how many. Needs `begin_log_write`."""
    # Locked: two workers that sealed at once would make two lines of the same number.
    newest = execute_on_logs(
        select(DAYS).order_by(DAYS.c.day.desc()).limit(1).with_for_update()
    ).first()
    floors = _floors()
    found = [
        values for source in ActionSource for values in _unsealed(source, floors[source], limit)
    ]
    found = sorted(found, key=lambda values: (values["at"], values["source_id"]))[:limit]
    if not found:
        return 0
    today = clock.now().date()
    # Days must not go backwards with the clock.
    day = max(today, newest.day) if newest else today
    number, before = (newest.last_id, newest.hash) if newest else (0, GENESIS_HASH)
    first, lines = before, []
    for values in found:
        number += 1
        line = {"id": number, "day": day, **values}
        before = line["hash"] = seal(line, before)
        lines.append(line)
    execute_on_logs(insert(LINES), lines)
    _note_day(newest, day, first, lines)
    return len(lines)


def delete_before(day: date) -> int:
    """Delete the oldest day's lines if that day is before `day`; return how many.

    The day's summary stays, as the next day's chain begins with its hash. Needs `begin_log_write`.
    """
    oldest: date | None = execute_on_logs(select(func.min(LINES.c.day))).scalar()
    if oldest is None or oldest >= day:
        return 0
    return execute_on_logs(delete(LINES).where(LINES.c.day == oldest)).rowcount  # type: ignore[attr-defined, no-any-return]


def first_kept_day(retention: timedelta) -> date:
    """The first day whose lines are kept."""
    return (clock.now() - retention).date()


def _note_day(newest: Any, day: date, first: str, lines: list[dict[str, Any]]) -> None:
    tops = {f"{source}_top": _top_of(lines, source) for source in ActionSource}
    if newest is not None:
        before = {name: getattr(newest, name) for name in tops}
        tops = {name: max(top, before[name]) for name, top in tops.items()}
    end = {"last_id": lines[-1]["id"], "hash": lines[-1]["hash"], **tops}
    if newest is not None and newest.day == day:
        grown = {"rows": DAYS.c.rows + len(lines), **end}
        execute_on_logs(update(DAYS).where(DAYS.c.day == day).values(grown))
        return
    if newest is not None:
        # The process log is kept elsewhere, so rewriting the whole chain would be noticed.
        log.info("actions of %s: %s lines, sealed as %s", newest.day, newest.rows, newest.hash)
    execute_on_logs(insert(DAYS), [{"day": day, "rows": len(lines), "before": first, **end}])


def _top_of(lines: list[dict[str, Any]], source: ActionSource) -> int:
    return max((line["source_id"] for line in lines if line["source"] == source), default=0)


def _floors() -> dict[ActionSource, int]:
    """Ids of events up to which everything is sealed, by source."""
    oldest = execute_on_logs(select(func.min(LINES.c.day))).scalar()
    gone = select(DAYS).order_by(DAYS.c.day.desc()).limit(1)
    if oldest is not None:
        gone = gone.where(DAYS.c.day < oldest)
    forgotten = execute_on_logs(gone).first()
    return {
        source: max(
            getattr(forgotten, f"{source}_top") if forgotten else 0, _top_sealed(source) - _WINDOW
        )
        for source in ActionSource
    }


def _top_sealed(source: ActionSource) -> int:
    query = select(func.max(LINES.c.source_id)).where(LINES.c.source == source)
    return execute_on_logs(query).scalar() or 0


def _unsealed(source: ActionSource, floor: int, limit: int) -> list[dict[str, Any]]:
    """Line values of unsealed events above `floor`, lowest id first."""
    event = _EVENTS[source]
    sealed = select(LINES.c.source_id).where(LINES.c.source == source, LINES.c.source_id > floor)
    have = set(execute_on_logs(sealed).scalars())
    ids = select(event.id).where(event.id > floor).order_by(event.id).limit(len(have) + limit)
    news = [number for number in db.session.scalars(ids) if number not in have][:limit]
    if not news:
        return []
    rows = db.session.execute(select(*event_columns(source)).where(event.id.in_(news))).all()
    by_id = {row.id: row for row in rows}
    # One that cannot be read is named in the process log at each sweep; the others get their lines.
    values = [
        attempt(f"{source} event", lambda at: line_values(source, by_id[at]), at) for at in by_id
    ]
    return [known for known in values if known is not None]


def event_columns(source: ActionSource) -> list[Any]:
    """The columns of an event that sealing reads."""
    event = _EVENTS[source]
    shared = [event.id, event.kind, event.actor_id, event.data, event.created_at]
    if source is ActionSource.TICKET:
        return [*shared, event.ticket_id]
    return [*shared, event.user_id]


def line_values(source: ActionSource, row: Any) -> dict[str, Any]:
    """Column values of the line for an event."""
    return {
        "at": row.created_at,
        "source": str(source),
        "source_id": row.id,
        "kind": row.kind,
        "actor_id": row.actor_id,
        "ticket_id": getattr(row, "ticket_id", None),
        "user_id": getattr(row, "user_id", None),
        "digest": digest_of(row.data),
    }
