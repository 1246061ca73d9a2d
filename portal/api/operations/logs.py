"""`/admin/logs/…`: requests of the API, the sealed log of actions, and what requests come to."""

from datetime import timedelta
from typing import Any

from flask import Response
from marshmallow import fields

from portal import clock
from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience
from portal.api.fields import Answer, Choice, Line, Moment, Number, Schema, about, moment
from portal.api.responses import json_response, list_response
from portal.api.schemas import PersonSchema
from portal.errors import Invalid
from portal.models.people.user import format_id
from portal.models.tickets.ticket import format_number, parse_number
from portal.queries.operations import action_log, api_log
from portal.queries.operations.api_log import Totals
from portal.queries.paging import parse_id_cursor
from portal.queries.people import users
from portal.web.operations.action_log import is_kind

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class _LogQuery(Schema):
    limit = Number(least=1, most=100, load_default=50, metadata=about("How many at most."))
    cursor = Line(max_length=40, load_default="", metadata=about("`next` of the page before."))
    user = Line(max_length=20, load_default="", metadata=about("Only of this person.", "USR000001"))
    since = Moment(metadata=about("From this moment on.", "2026-11-21T00:00:00Z"))
    until = Moment(metadata=about("Before this moment.", "2026-11-22T00:00:00Z"))


class ApiLogQuery(_LogQuery):
    """Which requests."""

    key = Line(max_length=16, load_default="", metadata=about("The beginning of an API key."))
    route = Line(
        max_length=120,
        load_default="",
        metadata=about("As this document writes it.", "/api/v1/tickets/{number}"),
    )
    method = Choice(_METHODS, metadata=about("Only of this method."))
    status = Number(least=100, most=599, metadata=about("Only those answered so.", 404))
    outcome = Choice(("errors",), metadata=about("Only what was refused."))


class ActionQuery(_LogQuery):
    """Which actions: those that `user` did, and those that were done to them."""

    ticket = Line(max_length=24, load_default="", metadata=about("Only on this ticket."))
    kind = Line(max_length=32, load_default="", metadata=about("Only of this kind."))


class StatisticsQuery(Schema):
    """Of which time."""

    days = Number(least=1, most=90, load_default=1, metadata=about("Up to now."))


class ApiRequestSchema(Answer):
    """A request, without its body and query."""

    id = fields.Integer(metadata=about("Newer ones have higher ids.", 1207))
    at = moment("When it was answered.")
    user = fields.Nested(PersonSchema, allow_none=True)
    key_prefix = fields.String(allow_none=True, metadata=about("Of its API key.", "lk_abcdefgh"))
    method = fields.String(metadata=about("", "GET"))
    route = fields.String(
        metadata=about("`-`: there is no such address.", "/api/v1/tickets/{number}")
    )
    status = fields.Integer(metadata=about("", 200))
    milliseconds = fields.Integer(metadata=about("How long it took.", 4))
    address = fields.String(metadata=about("Where it came from.", "192.0.2.7"))
    request_id = fields.String(metadata=about("`X-Request-ID` of the answer."))


class ActionSchema(Answer):
    """Something that was done to a ticket or an account."""

    id = fields.Integer(metadata=about("Counts without a gap.", 345))
    at = moment("When it was done.")
    kind = fields.String(metadata=about("What was done.", "status"))
    actor = fields.Nested(PersonSchema, allow_none=True)
    ticket = fields.String(allow_none=True, metadata=about("On which ticket.", "REQ000001"))
    user = fields.Nested(PersonSchema, allow_none=True)
    hash = fields.String(metadata=about("Of this line and, through it, of all before it."))


class ApiRequestPageSchema(Answer):
    """A page of a list."""

    items = fields.List(fields.Nested(ApiRequestSchema))
    next = fields.String(allow_none=True, metadata=about("`cursor` of the next page."))


class ActionPageSchema(Answer):
    """A page of a list."""

    items = fields.List(fields.Nested(ActionSchema))
    next = fields.String(allow_none=True, metadata=about("`cursor` of the next page."))


class FigureSchema(Answer):
    """What some requests come to."""

    name = fields.String(metadata=about("Method and route, or the beginning of a key."))
    requests = fields.Integer(metadata=about("How many there were.", 1200))
    errors = fields.Integer(metadata=about("How many were answered with 400 and above.", 3))
    p95_milliseconds = fields.Integer(metadata=about("95 of 100 were answered within.", 20))


class StatisticsSchema(Answer):
    """Figures by the hour; the twenty with most requests. A key of no name: without a key."""

    total = fields.Nested(FigureSchema)
    by_route = fields.List(fields.Nested(FigureSchema))
    by_key = fields.List(fields.Nested(FigureSchema))


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
        user_id=_user(query["user"]),
        key_prefix=query["key"] or None,
        route=query["route"] or None,
        errors="outcome" in query,
        method=query.get("method"),
        status=query.get("status"),
        since=query.get("since"),
        until=query.get("until"),
        cursor=parse_id_cursor(query["cursor"]),
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
    if query["kind"] and not is_kind(query["kind"]):
        raise Invalid(kind="unknown")
    page = action_log.page(
        person_id=_user(query["user"]),
        ticket_id=_ticket(query["ticket"]),
        kind=query["kind"] or None,
        since=query.get("since"),
        until=query.get("until"),
        cursor=parse_id_cursor(query["cursor"]),
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


def _user(word: str) -> int | None:
    if not word:
        return None
    if word == "me":
        return actor().id
    user_id = users.parse_id(word)
    if user_id is None:
        raise Invalid(user="unknown")
    return user_id


def _ticket(word: str) -> int | None:
    ticket_id = parse_number(word)
    if word and ticket_id is None:
        raise Invalid(ticket="unknown")
    return ticket_id


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
