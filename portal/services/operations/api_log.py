"""Writes the log of API requests: rows, and counts by hour for statistics."""

from bisect import bisect_left
from datetime import UTC, datetime, time
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, select, update

from portal.bulk_statements import insert_tuples, upsert
from portal.extensions import execute_on_logs, logs_connection, logs_engine
from portal.models.operations import ApiRequest, ApiRequestCount

REQUESTS: Table = ApiRequest.__table__  # type: ignore[assignment]
COUNTS: Table = ApiRequestCount.__table__  # type: ignore[assignment]
# Milliseconds within which a request was answered; what takes longer counts under the last.
BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000)
BATCH = 5000


class Entry(NamedTuple):
    """One request, without body, query string and secrets."""

    at: datetime
    user_id: int | None
    key_prefix: str
    method: str
    route: str
    status: int
    milliseconds: int
    address: str
    request_id: str


_COUNTED_BY = ("hour", "method", "route", "key_prefix", "within")
_COUNTED = ("requests", "errors")


def write(entries: list[Entry]) -> None:
    """Add entries and count them. Needs `begin_log_write`."""
    insert_tuples(logs_connection(), REQUESTS, Entry._fields, entries)
    counted: dict[tuple[Any, ...], list[int]] = {}
    for entry in entries:
        bound = BOUNDS[min(bisect_left(BOUNDS, entry.milliseconds), len(BOUNDS) - 1)]
        at = entry.at
        key = (at.date(), at.hour, entry.method, entry.route, entry.key_prefix, bound)
        numbers = counted.setdefault(key, [0, 0])
        numbers[0] += 1
        numbers[1] += entry.status >= 400
    # In one order, so that two processes never wait for each other's rows.
    rows = [
        {
            "hour": datetime.combine(day, time(hour), UTC),
            **dict(zip(_COUNTED_BY[1:], rest, strict=True)),
            "requests": requests,
            "errors": errors,
        }
        for (day, hour, *rest), (requests, errors) in sorted(counted.items())
    ]
    dialect = logs_engine().dialect.name
    execute_on_logs(upsert(ApiRequestCount, dialect, key=_COUNTED_BY, added=_COUNTED), rows)


def blank_addresses(user_ids: list[int]) -> None:
    """Blank the client addresses of these users' requests. Needs `begin_log_write`."""
    theirs = REQUESTS.c.user_id.in_(user_ids) & (REQUESTS.c.address != "")
    execute_on_logs(update(REQUESTS).where(theirs).values(address=""))


def delete_before(moment: datetime) -> int:
    """Delete up to BATCH requests, and all counts, before `moment`. Needs `begin_log_write`."""
    execute_on_logs(delete(COUNTS).where(COUNTS.c.hour < moment))
    old = select(REQUESTS.c.id).where(REQUESTS.c.at < moment).order_by(REQUESTS.c.at).limit(BATCH)
    gone = execute_on_logs(delete(REQUESTS).where(REQUESTS.c.id.in_(old)))
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]
