"""The log of API requests: rows as they came, and counts by the hour for the statistics."""

from bisect import bisect_left
from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.extensions import logs_engine, on_logs
from portal.models import ApiRequest, ApiRequestCount

REQUESTS: Table = ApiRequest.__table__  # type: ignore[assignment]
COUNTS: Table = ApiRequestCount.__table__  # type: ignore[assignment]
# Milliseconds within which a request was answered; what takes longer counts under the last.
BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000)
_BATCH = 5000


class Entry(NamedTuple):
    """One request. Never its body, its query or a secret."""

    at: datetime
    user_id: int | None
    key_prefix: str
    method: str
    route: str
    status: int
    milliseconds: int
    address: str
    request_id: str


def write(entries: list[Entry]) -> None:
    """Add `entries` and count them. A log write."""
    on_logs(insert(REQUESTS), [entry._asdict() for entry in entries])
    requests: Counter[tuple[Any, ...]] = Counter()
    errors: Counter[tuple[Any, ...]] = Counter()
    for entry in entries:
        hour = entry.at.replace(minute=0, second=0, microsecond=0)
        bound = BOUNDS[min(bisect_left(BOUNDS, entry.milliseconds), len(BOUNDS) - 1)]
        key = (hour, entry.method, entry.route, entry.key_prefix, bound)
        requests[key] += 1
        errors[key] += entry.status >= 400
    dialect = postgresql if logs_engine().dialect.name == "postgresql" else sqlite
    counted = dialect.insert(COUNTS)
    names = ("hour", "method", "route", "key_prefix", "within")
    grown = counted.on_conflict_do_update(
        index_elements=names,
        set_={
            "requests": COUNTS.c.requests + counted.excluded.requests,
            "errors": COUNTS.c.errors + counted.excluded.errors,
        },
    )
    # In one order, so that two processes never wait for each other's rows.
    rows = [
        {**dict(zip(names, key, strict=True)), "requests": requests[key], "errors": errors[key]}
        for key in sorted(requests)
    ]
    on_logs(grown, rows)


def forget_addresses(user_ids: list[int]) -> None:
    """Blank where the requests of these people came from. A log write."""
    theirs = REQUESTS.c.user_id.in_(user_ids) & (REQUESTS.c.address != "")
    on_logs(update(REQUESTS).where(theirs).values(address=""))


def forget_before(moment: datetime) -> int:
    """Let go of a batch of requests, and of all counts, that are older. A log write."""
    on_logs(delete(COUNTS).where(COUNTS.c.hour < moment))
    old = select(REQUESTS.c.id).where(REQUESTS.c.at < moment).order_by(REQUESTS.c.at).limit(_BATCH)
    gone = on_logs(delete(REQUESTS).where(REQUESTS.c.id.in_(old)))
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]
