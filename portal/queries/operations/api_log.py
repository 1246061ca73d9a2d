"""Reads of the API log: pages, and statistics."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select

from portal.extensions import execute_on_logs
from portal.models.operations import ApiRequest, ApiRequestCount
from portal.queries.paging import AnySelect, Page, newest_page

PAGE = 50
_COLUMNS = [column for column in ApiRequest.__table__.columns]  # noqa: C416 - a list of columns


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals of some requests. 95 % of them were answered within `p95` milliseconds."""

    name: str
    requests: int
    errors: int
    p95: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Totals since a moment: overall, by route, and by API key (empty name: without a key)."""

    total: Totals
    by_route: list[Totals]
    by_key: list[Totals]


def page(
    *,
    user_id: int | None = None,
    key_prefix: str | None = None,
    route: str | None = None,
    errors: bool = False,
    method: str | None = None,
    status: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: int | None = None,
    limit: int = PAGE,
) -> Page[Row[Any]]:
    """The newest requests that match; `until` is exclusive."""
    query: AnySelect = select(*_COLUMNS)
    if user_id is not None:
        query = query.where(ApiRequest.user_id == user_id)
    if key_prefix is not None:
        query = query.where(ApiRequest.key_prefix == key_prefix)
    if route is not None:
        query = query.where(ApiRequest.route == route)
    if errors:
        query = query.where(ApiRequest.status >= 400)
    query = query.where(*_filters(method=method, status=status, since=since, until=until))
    return newest_page(query, ApiRequest.id, before=cursor, size=limit, execute=execute_on_logs)


def _filters(
    *, method: str | None, status: int | None, since: datetime | None, until: datetime | None
) -> Iterator[ColumnElement[bool]]:
    if method is not None:
        yield ApiRequest.method == method
    if status is not None:
        yield ApiRequest.status == status
    if since is not None:
        yield ApiRequest.at >= since
    if until is not None:
        yield ApiRequest.at < until


def statistics(since: datetime, *, at_most: int = 20) -> Statistics:
    """Totals of the hours since `since`, the busiest groups first."""
    count = ApiRequestCount
    query = (
        select(
            count.method,
            count.route,
            count.key_prefix,
            count.within,
            func.sum(count.requests).label("requests"),
            func.sum(count.errors).label("errors"),
        )
        .where(count.hour >= since.replace(minute=0, second=0, microsecond=0))
        .group_by(count.method, count.route, count.key_prefix, count.within)
    )
    rows = execute_on_logs(query).all()
    return Statistics(
        total=_totals("", rows),
        by_route=_totals_by(rows, lambda row: f"{row.method} {row.route}")[:at_most],
        by_key=_totals_by(rows, lambda row: row.key_prefix)[:at_most],
    )


def _totals_by(rows: Iterable[Row[Any]], name: Any) -> list[Totals]:
    groups: dict[str, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(name(row), []).append(row)
    figures = [_totals(key, group) for key, group in groups.items()]
    return sorted(figures, key=lambda figure: (-figure.requests, figure.name))


def _totals(name: str, rows: Iterable[Row[Any]]) -> Totals:
    by_bound = sorted((row.within, int(row.requests), int(row.errors)) for row in rows)
    requests = sum(number for _bound, number, _errors in by_bound)
    errors = sum(number for _bound, _requests, number in by_bound)
    seen, p95 = 0, 0
    for bound, number, _errors in by_bound:
        seen, p95 = seen + number, bound
        if seen * 100 >= requests * 95:
            break
    return Totals(name, requests, errors, p95)
