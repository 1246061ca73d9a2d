"""`/admin/requests/export` and `/admin/exports`: tables of the desk as files."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from flask import Response, request

from portal.api import bp
from portal.api.authentication import actor, by_caller
from portal.api.authorization import Audience, begin_change
from portal.api.operations.table_export_schemas import (
    TableExportBody,
    TableExportPageSchema,
    TableExportSchema,
)
from portal.api.responses import committed, empty_response, json_response, list_response
from portal.api.schemas import PageQuery
from portal.errors import Invalid, NotFound, ProofNeeded, TooManyExports
from portal.extensions import db
from portal.models.operations import FileFormat, TableExport, TableKind
from portal.models.people import Right
from portal.models.people.person import name_of
from portal.models.people.user import format_id
from portal.queries.operations import table_exports as queries
from portal.queries.paging import parse_id_cursor
from portal.queries.people import users
from portal.security.people import step_up
from portal.services.operations import table_exports as services
from portal.services.operations.table_exports import Order
from portal.web.files import downloads
from portal.web.rate_limits import limits


@bp.serve(
    "POST",
    "/admin/requests/export",
    to=Audience.ADMIN,
    right=Right.EXPORTS,
    tag="admin",
    body=TableExportBody,
    gives=TableExportSchema,
    status=202,
    fails=[TooManyExports],
    headers={"Location": "Where the file will be."},
    limits=limits.call_limits(limits.TABLE_EXPORT, by_caller),
    needs_proof=True,
)
def ask_table_export(*, body: dict[str, Any]) -> Response:
    """Have a table of the desk written into a file. A mail says when it is ready.

    While the same is being made, asking again answers with that one.
    """
    begin_change()
    order = Order(
        TableKind(body["kind"]),
        FileFormat(body["format"]),
        tuple(body["columns"]),
        body["filter"],
        body.get("since"),
        body.get("until"),
    )
    with named_as_in_body(body):
        export = services.ask(actor=actor(), order=order)
    where = {"Location": f"/api/v1/admin/exports/{export.id}"}
    return committed(json_response(_json(export, actor().name), 202, where))


@bp.serve(
    "GET",
    "/admin/exports",
    to=Audience.ADMIN,
    right=Right.EXPORTS,
    tag="admin",
    query=PageQuery,
    gives=TableExportPageSchema,
)
def list_table_exports(*, query: dict[str, Any]) -> Response:
    """What was asked for, newest first: by oneself; for admins, by anybody."""
    cursor = parse_id_cursor(query.get("cursor"))
    page = queries.page(actor(), cursor=cursor, size=query["limit"])
    return list_response([_json(row.TableExport, name_of(row)) for row in page.rows], page.next)


@bp.serve(
    "GET",
    "/admin/exports/<id:table_export_id>",
    to=Audience.ADMIN,
    right=Right.EXPORTS,
    tag="admin",
    gives="text/csv",
    also={202: TableExportSchema},
    fails=[NotFound, ProofNeeded],
    headers={"Content-Disposition": "What to call the file."},
)
def read_table_export(table_export_id: int) -> Response:
    """The file, when it is ready; 202 tells how far it is. After a week it is gone.

    It is given to whoever has signed in within the last ten minutes, never to an API key. A
    workbook comes with its own content type.
    """
    found = queries.find(actor(), table_export_id)
    if found.is_open:
        return json_response(_json(found, _name(found.user_id)), 202)
    step_up.require(actor())
    found, key = queries.find_file(actor(), table_export_id)
    response = downloads.send_table(key, found)
    if request.method == "GET":
        begin_change()
        found, _key = queries.find_file(actor(), table_export_id)
        services.record_fetch(actor=actor(), export=found)
        db.session.commit()
    return response


@bp.serve(
    "DELETE",
    "/admin/exports/<id:table_export_id>",
    to=Audience.ADMIN,
    right=Right.EXPORTS,
    tag="admin",
    status=204,
    fails=[NotFound],
)
def cancel_table_export(table_export_id: int) -> Response:
    """Call off an export that is being made. One that has ended stays as it is."""
    begin_change()
    services.cancel(actor=actor(), export_id=table_export_id)
    return committed(empty_response())


@contextmanager
def named_as_in_body(body: Mapping[str, Any]) -> Iterator[None]:
    """Name what is wrong with a filter by its field: the service names it as the queue does."""
    try:
        yield
    except Invalid as invalid:
        wrong = invalid.details
        raise Invalid(
            **{name if name in body else "filter": code for name, code in wrong.items()}
        ) from None


def _name(user_id: int) -> str:
    return users.names({user_id}).get(user_id, format_id(user_id))


def _json(export: TableExport, asker: str) -> dict[str, Any]:
    same = (
        "id", "kind", "format", "columns", "since", "until", "state", "progress", "rows", "size",
        "error", "created_at", "finished_at", "expires_at",
    )  # fmt: skip
    return {
        **{name: getattr(export, name) for name in same},
        "filter": export.query,
        "user": {"id": format_id(export.user_id), "name": asker},
    }
