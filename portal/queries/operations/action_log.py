"""Reads of the audit log, and verification of its hash chain."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, func, select

from portal.extensions import db, execute_on_logs
from portal.models.operations import Action, ActionDay, ActionSource
from portal.models.operations.action import GENESIS_HASH, digest_of, seal
from portal.models.people import AccountEvent
from portal.models.tickets import TicketEvent
from portal.queries.paging import Page, make_page

PAGE = 50
_CHUNK = 2000
_EVENTS: dict[str, Any] = {ActionSource.TICKET: TicketEvent, ActionSource.ACCOUNT: AccountEvent}
_COLUMNS = [column for column in Action.__table__.columns]  # noqa: C416 - a list of columns
_Query = Select[*tuple[Any, ...]]


class Verification(NamedTuple):
    """Number of lines that were verified, and the problems found."""

    lines: int
    problems: list[str]


def page(
    *,
    person_id: int | None = None,
    ticket_id: int | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: int | None = None,
    limit: int = PAGE,
) -> Page[Row[Any]]:
    """The newest lines that match. `person_id` matches actor and affected account.

    `until` is exclusive.
    """
    query: _Query = select(*_COLUMNS).order_by(Action.id.desc()).limit(limit + 1)
    if ticket_id is not None:
        query = query.where(Action.ticket_id == ticket_id)
    if kind is not None:
        query = query.where(Action.kind == kind)
    if since is not None:
        # `day` is that of sealing, never before the event's, and indexed.
        query = query.where(Action.day >= since.date(), Action.at >= since)
    if until is not None:
        query = query.where(Action.at < until)
    if cursor is not None:
        query = query.where(Action.id < cursor)
    # Two queries with an index each: an OR over both columns would read all matches of either.
    queries = [query]
    if person_id is not None:
        queries = [query.where(c == person_id) for c in (Action.actor_id, Action.user_id)]
    rows = {row.id: row for one in queries for row in execute_on_logs(one)}
    newest = [rows[number] for number in sorted(rows, reverse=True)][: limit + 1]
    return make_page(newest, limit, lambda row: str(row.id))


def event_data(source: ActionSource, ids: list[int]) -> dict[int, dict[str, Any]]:
    """Data of the events with these ids, as far as they exist."""
    event = _EVENTS[source]
    rows = db.session.execute(select(event.id, event.data).where(event.id.in_(ids)))
    return {row.id: row.data for row in rows}


def verify() -> Verification:
    """Recompute the hash chain, and compare each line with its event while that exists."""
    problems: list[str] = []
    lines = 0
    before, known = GENESIS_HASH, False
    oldest = execute_on_logs(select(func.min(Action.day))).scalar()
    for day in execute_on_logs(select(*ActionDay.__table__.columns).order_by(ActionDay.day)).all():
        if known and day.before != before:
            problems.append(f"{day.day}: does not follow the day before it")
        known, before = True, day.hash
        if oldest is None or day.day < oldest:
            continue  # deleted by retention
        count, end = 0, day.before
        for chunk in _chunks(day.day):
            end, wrong = _follow(chunk, end)
            count += len(chunk)
            problems += [f"{day.day}: {what}" for what in wrong]
        lines += count
        if count != day.rows or end != day.hash:
            problems.append(f"{day.day}: {day.rows} lines were sealed, {count} fit the day's hash")
    return Verification(lines, problems)


def _follow(chunk: list[Row[Any]], before: str) -> tuple[str, list[str]]:
    """The hash at the end of `chunk`, and a description of each line that does not match."""
    wrong = []
    for row in chunk:
        if seal(row._mapping, before) != row.hash:
            wrong.append(f"line {row.id} was changed, or a line before it is missing")
        # Continue from the stored hash, so that one change is reported once.
        before = row.hash
    for source, event in _EVENTS.items():
        lines = {row.source_id: row for row in chunk if row.source == source}
        query = select(event.id, event.kind, event.data, event.created_at)
        for found in db.session.execute(query.where(event.id.in_(lines))):
            line = lines[found.id]
            erased = not found.data  # as after an erasure
            digest = line.digest if erased else digest_of(found.data)
            if (found.kind, digest, found.created_at) != (line.kind, line.digest, line.at):
                wrong.append(f"the {source} event {found.id} of line {line.id} was changed")
    return before, wrong


def _chunks(day: Any) -> Iterator[list[Row[Any]]]:
    last = 0
    while True:
        query: _Query = select(*_COLUMNS).where(Action.day == day, Action.id > last)
        rows = list(execute_on_logs(query.order_by(Action.id).limit(_CHUNK)))
        if not rows:
            return
        yield rows
        last = rows[-1].id
