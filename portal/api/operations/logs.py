"""`/admin/logs/…`: the log of API requests and its statistics, the log of actions."""

from datetime import timedelta
from typing import Any

from flask import Response

from portal import clock
from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience
from portal.api.operations.log_schemas import (
    ActionPageSchema,
    ActionQuery,
    ApiLogQuery,
    ApiRequestPageSchema,
    StatisticsQuery,
    StatisticsSchema,
)
from portal.api.responses import json_response, list_response
from portal.models.people.user import format_id
from portal.models.tickets.ticket import format_number, parse_number
from portal.queries.operations import action_log, api_log
from portal.queries.operations.api_log import Totals
from portal.queries.paging import parse_id_cursor
from portal.queries.people import users


@bp.serve(
    "GET",
    "/admin/logs/api-logs",
    to=Audience.ADMIN,
    tag="admin",
    query=ApiLogQuery,
    gives=ApiRequestPageSchema,
)
def list_api_logs(*, query: dict[str, Any]) -> Response:
    """Requests of the API, newest first. A request is listed within seconds of its answer."""
    page = api_log.page(
        user_id=_user(query.get("user")),
        key_prefix=query["key"] or None,
        route=query["route"] or None,
        errors="outcome" in query,
        method=query.get("method"),
        status=query.get("status"),
        since=query.get("since"),
        until=query.get("until"),
        cursor=parse_id_cursor(query.get("cursor")),
        limit=query["limit"],
    )
    names = users.names({row.user_id for row in page.rows if row.user_id is not None})
    items = [
        {
            "id": row.id,
            "at": row.at,
            "user": _person(row.user_id, names),
            "key_prefix": row.key_prefix or None,
            "method": row.method,
            "route": row.route,
            "status": row.status,
            "milliseconds": row.milliseconds,
            "address": row.address,
            "request_id": row.request_id,
        }
        for row in page.rows
    ]
    return list_response(items, page.next)


@bp.serve(
    "GET",
    "/admin/logs/request-actions",
    to=Audience.ADMIN,
    tag="admin",
    query=ActionQuery,
    gives=ActionPageSchema,
)
def list_actions(*, query: dict[str, Any]) -> Response:
    """What people did to tickets and accounts, newest first, each line sealed by its hash."""
    page = action_log.page(
        person_id=_user(query.get("user")),
        ticket_id=parse_number(query.get("ticket", "")),
        kind=query.get("kind"),
        since=query.get("since"),
        until=query.get("until"),
        cursor=parse_id_cursor(query.get("cursor")),
        limit=query["limit"],
    )
    people = {n for row in page.rows for n in (row.actor_id, row.user_id) if n is not None}
    names = users.names(people)
    items = [
        {
            "id": row.id,
            "at": row.at,
            "kind": row.kind,
            "actor": _person(row.actor_id, names),
            "ticket": None if row.ticket_id is None else format_number(row.ticket_id),
            "user": _person(row.user_id, names),
            "hash": row.hash,
        }
        for row in page.rows
    ]
    return list_response(items, page.next)


@bp.serve(
    "GET",
    "/admin/logs/stats",
    to=Audience.ADMIN,
    tag="admin",
    query=StatisticsQuery,
    gives=StatisticsSchema,
)
def log_statistics(*, query: dict[str, Any]) -> Response:
    """Requests, errors and how long answers take: all together, by route and by key."""
    found = api_log.statistics(clock.now() - timedelta(days=query["days"]))
    return json_response(
        {
            "total": _figure(found.total),
            "by_route": [_figure(figure) for figure in found.by_route],
            "by_key": [_figure(figure) for figure in found.by_key],
        }
    )


def _user(word: str | None) -> int | None:
    return actor().id if word == "me" else users.parse_id(word or "")


def _person(user_id: int | None, names: dict[int, str]) -> dict[str, str] | None:
    if user_id is None:
        return None
    number = format_id(user_id)
    return {"id": number, "name": names.get(user_id, number)}


def _figure(figure: Totals) -> dict[str, Any]:
    return {
        "name": figure.name,
        "requests": figure.requests,
        "errors": figure.errors,
        "p95_milliseconds": figure.p95,
    }
