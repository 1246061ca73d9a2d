"""`/products/sync`, `/products/syncs`, `/products/schedule`: fetching the products."""

from typing import Any

from flask import Response

from portal.api import bp
from portal.api.authentication import actor, by_caller
from portal.api.authorization import Audience, begin_change
from portal.api.products.sync_schemas import (
    ScheduleBody,
    ScheduleSchema,
    SyncBody,
    SyncPageSchema,
    SyncSchema,
)
from portal.api.responses import committed, empty_response, json_response, list_response
from portal.api.schemas import PageQuery
from portal.errors import Forbidden, NotFound
from portal.models.organizations import Marketplace
from portal.models.people.person import name_of
from portal.models.people.user import format_id
from portal.models.products import ProductSchedule, ProductSync, SyncState
from portal.queries.paging import parse_id_cursor
from portal.queries.people import users
from portal.queries.products import schedules as schedule_queries
from portal.queries.products import syncs as queries
from portal.services.products import schedules
from portal.services.products import syncs as services
from portal.web.rate_limits import limits

_SYNCS, _SCHEDULE = "/products/syncs", "/products/schedule"


@bp.serve(
    "POST",
    "/products/sync",
    to=Audience.SIGNED_IN,
    tag="products",
    body=SyncBody,
    gives=SyncPageSchema,
    status=202,
    fails=[Forbidden],
    headers={"Location": "The log of syncs."},
    limits=limits.call_limits(limits.OUTGOING_CALL, by_caller),
)
def sync_products(*, body: dict[str, Any]) -> Response:
    """Fetch the organization's products. For its owners and administrators.

    A sync for each marketplace; the one that is running, if there is one. 422 with `not_chosen` or
    `key_missing` when the organization is not set up for it.
    """
    begin_change()
    marketplaces = [Marketplace(word) for word in body["marketplaces"]]
    asked = services.ask(actor=actor(), marketplaces=marketplaces)
    answer = {"items": [_json(sync, _starter(sync)) for sync in asked], "next": None}
    return committed(json_response(answer, 202, {"Location": f"/api/v1{_SYNCS}"}))


@bp.serve(
    "GET", _SYNCS, to=Audience.SIGNED_IN, tag="products", query=PageQuery, gives=SyncPageSchema
)
def list_product_syncs(*, query: dict[str, Any]) -> Response:
    """The log of the organization's syncs, newest first."""
    cursor = parse_id_cursor(query.get("cursor"))
    page = queries.page(actor(), cursor=cursor, size=query["limit"])
    return list_response([_json(row.ProductSync, name_of(row)) for row in page.rows], page.next)


@bp.serve(
    "GET",
    f"{_SYNCS}/<id:sync_id>",
    to=Audience.SIGNED_IN,
    tag="products",
    gives=SyncSchema,
    fails=[NotFound],
)
def read_product_sync(*, sync_id: int) -> Response:
    """One of them."""
    sync = queries.find(actor(), sync_id)
    return json_response(_json(sync, _starter(sync)))


@bp.serve(
    "DELETE",
    f"{_SYNCS}/<id:sync_id>",
    to=Audience.SIGNED_IN,
    tag="products",
    status=204,
    fails=[NotFound, Forbidden],
)
def cancel_product_sync(*, sync_id: int) -> Response:
    """Call it off. What was fetched stays; one that has ended stays as it is."""
    begin_change()
    services.cancel(actor=actor(), sync_id=sync_id)
    return committed(empty_response())


@bp.serve(
    "GET",
    _SCHEDULE,
    to=Audience.SIGNED_IN,
    tag="products",
    gives=ScheduleSchema,
    fails=[NotFound],
)
def read_product_schedule() -> Response:
    """When products are fetched by themselves; 404 when they are not."""
    schedule = schedule_queries.of(actor())
    if schedule is None:
        raise NotFound
    return json_response(_schedule_json(schedule))


@bp.serve(
    "PUT",
    _SCHEDULE,
    to=Audience.SIGNED_IN,
    tag="products",
    body=ScheduleBody,
    gives=ScheduleSchema,
    fails=[Forbidden],
)
def put_product_schedule(*, body: dict[str, Any]) -> Response:
    """Have products fetched by themselves. For owners and administrators."""
    begin_change()
    schedule = schedules.put(actor=actor(), cron=body["cron"], zone=body["zone"])
    return committed(json_response(_schedule_json(schedule)))


@bp.serve(
    "DELETE",
    _SCHEDULE,
    to=Audience.SIGNED_IN,
    tag="products",
    status=204,
    fails=[Forbidden],
)
def delete_product_schedule() -> Response:
    """Have products fetched when somebody asks for it, and not by themselves."""
    begin_change()
    schedules.delete(actor=actor())
    return committed(empty_response())


def _starter(sync: ProductSync) -> str:
    starter = sync.started_by_id
    return "" if starter is None else users.names({starter}).get(starter, format_id(starter))


def _json(sync: ProductSync, starter: str) -> dict[str, Any]:
    same = (
        "id", "marketplace", "state", "stage", "total", "seen", "pages", "added", "changed", "gone",
        "errors", "error", "detail", "created_at", "started_at", "ended_at",
    )  # fmt: skip
    by = sync.started_by_id
    return {
        **{name: getattr(sync, name) for name in same},
        "started_by": None if by is None else {"id": format_id(by), "name": starter},
        "next_try_at": sync.due_at if sync.state == SyncState.QUEUED else None,
    }


def _schedule_json(schedule: ProductSchedule) -> dict[str, Any]:
    same = ("cron", "zone", "next_run_at", "failures")
    return {name: getattr(schedule, name) for name in same}
