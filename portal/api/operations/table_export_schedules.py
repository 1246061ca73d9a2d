"""`/admin/exports/schedules`: exports of the desk's tables that are made again and again."""

from dataclasses import replace
from typing import Any

from flask import Response, url_for

from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience, begin_change
from portal.api.operations.table_export_schemas import (
    TableScheduleBody,
    TableScheduleChangeBody,
    TableSchedulePageSchema,
    TableScheduleSchema,
)
from portal.api.operations.table_exports import named_as_in_body
from portal.api.responses import committed, empty_response, json_response, list_response
from portal.errors import NotFound, TooManyExports
from portal.models.operations import FileFormat, TableExportSchedule, TableKind
from portal.models.people import Right
from portal.queries.operations import table_export_schedules as queries
from portal.rhythm import Every, Rhythm
from portal.services.operations import table_export_schedules as services
from portal.services.operations.table_exports import Order

PATH = "/admin/exports/schedules"


@bp.serve(
    "GET",
    PATH,
    to=Audience.ADMIN,
    right=Right.EXPORTS,
    tag="admin",
    gives=TableSchedulePageSchema,
)
def list_table_schedules() -> Response:
    """One's own, the oldest first."""
    return list_response([_json(row) for row in queries.of_person(actor())])


@bp.serve(
    "POST",
    PATH,
    to=Audience.ADMIN,
    right=Right.EXPORTS,
    tag="admin",
    body=TableScheduleBody,
    gives=TableScheduleSchema,
    status=201,
    fails=[TooManyExports],
    headers={"Location": "The schedules."},
    needs_proof=True,
)
def create_table_schedule(*, body: dict[str, Any]) -> Response:
    """Have an export made each day, week or month, of the whole one before. A mail says when."""
    begin_change()
    order = Order(
        TableKind(body["kind"]), FileFormat(body["format"]), tuple(body["columns"]), body["filter"]
    )
    rhythm = Rhythm(Every(body["every"]), body["hour"], body["weekday"] - 1)
    with named_as_in_body(body):
        made = services.create(actor=actor(), order=order, rhythm=rhythm)
    where = {"Location": url_for("api.list_table_schedules")}
    return committed(json_response(_json(made), 201, where))


@bp.serve(
    "PATCH",
    f"{PATH}/<id:schedule_id>",
    to=Audience.ADMIN,
    right=Right.EXPORTS,
    tag="admin",
    body=TableScheduleChangeBody,
    gives=TableScheduleSchema,
    fails=[NotFound],
    needs_proof=True,
)
def change_table_schedule(*, schedule_id: int, body: dict[str, Any]) -> Response:
    """Change what it exports, or when. One that had stopped goes on."""
    begin_change()
    schedule = queries.find(actor(), schedule_id)
    with named_as_in_body(body):
        services.change(
            actor=actor(),
            schedule_id=schedule_id,
            order=_changed_order(services.order_of(schedule), body),
            rhythm=_changed_rhythm(services.rhythm_of(schedule), body),
        )
    return committed(json_response(_json(schedule)))


@bp.serve(
    "DELETE",
    f"{PATH}/<id:schedule_id>",
    to=Audience.ADMIN,
    right=Right.EXPORTS,
    tag="admin",
    status=204,
    fails=[NotFound],
)
def delete_table_schedule(*, schedule_id: int) -> Response:
    """No more exports are made; those that there are stay."""
    begin_change()
    services.delete(actor=actor(), schedule_id=schedule_id)
    return committed(empty_response())


def _changed_order(order: Order, body: dict[str, Any]) -> Order:
    return replace(
        order,
        format=FileFormat(body.get("format", order.format)),
        columns=tuple(body.get("columns", order.columns)),
        query=body.get("filter", order.query),
    )


def _changed_rhythm(rhythm: Rhythm, body: dict[str, Any]) -> Rhythm:
    return Rhythm(
        Every(body.get("every", rhythm.every)),
        body.get("hour", rhythm.hour),
        body.get("weekday", rhythm.weekday + 1) - 1,
    )


def _json(schedule: TableExportSchedule) -> dict[str, Any]:
    same = ("id", "kind", "format", "columns", "every", "hour", "created_at")
    return {
        **{name: getattr(schedule, name) for name in same},
        "filter": schedule.query,
        "weekday": schedule.weekday + 1,
        "next_run_at": schedule.due_at,
    }
