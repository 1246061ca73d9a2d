"""`/admin/exports`: tables of the desk as files: ask, see how far they are, fetch, call off."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from flask import Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.admin import bp
from portal.admin.table_export_form import EVERY, WEEKDAYS, RhythmForm, TableExportForm
from portal.extensions import setting
from portal.i18n import gettext as _
from portal.models.operations import TableExport, TableExportSchedule, TableKind
from portal.models.operations.table_export import TABLE_LABELS
from portal.models.people.person import name_of
from portal.queries.operations import table_export_schedules as schedule_queries
from portal.queries.operations import table_exports as queries
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.rhythm import Every
from portal.security import permissions
from portal.services.operations import table_export_schedules as schedules
from portal.services.operations import table_exports as services
from portal.web.change import change
from portal.web.files import downloads
from portal.web.fragments import page_or_fragment, see_other
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.rate_limits import limits
from portal.web.rate_limits.limit_keys import by_actor
from portal.web.templating.labels import TABLE_EXPORT_STATE_LABELS

NOTHING_REFUSED: Mapping[int, RhythmForm] = MappingProxyType({})
_limited = limits.limited_by(limits.call_limits(limits.TABLE_EXPORT, by_actor, methods=["POST"]))


@bp.get("/exports")
@permitted(permissions.can_export)
def table_exports() -> Response:
    """The page; for HTMX the list, which says how far they are."""
    kind, args = _kind(), request.args.to_dict()
    return _page(TableExportForm.begun(kind, args))


@bp.post("/exports")
@_limited
@permitted(permissions.can_export)
@confirmed
def ask_table_export() -> AnyResponse:
    form = TableExportForm(_kind(), request.args)
    if form.validate():
        with change(form):
            _ask(form)
    if form.errors:
        return _page(form, 422)
    if form.rhythm is None:
        flash(_("The export is being made. We mail you when it is ready."), "success")
    else:
        flash(_("The schedule is saved. We mail you each time an export is ready."), "success")
    return see_other(url_for(".table_exports", kind=form.kind))


@bp.get("/exports/<id:table_export_id>")
@permitted(permissions.can_export)
@confirmed
def download_table_export(table_export_id: int) -> AnyResponse:
    """The file, for who has asked for it and for admins."""
    export, key = queries.find_file(actor(), table_export_id)
    response = downloads.send_table(key, export, by_link=True)
    if request.method == "GET":
        with change():
            export, _key = queries.find_file(actor(), table_export_id)
            services.record_fetch(actor=actor(), export=export)
    return response


@bp.post("/exports/<id:table_export_id>/again")
@_limited
@permitted(permissions.can_export)
@confirmed
def ask_table_export_again(table_export_id: int) -> AnyResponse:
    with change():
        export = services.ask_again(actor=actor(), export_id=table_export_id)
    flash(_("The export is being made. We mail you when it is ready."), "success")
    return see_other(url_for(".table_exports", kind=export.kind))


@bp.post("/exports/<id:table_export_id>/cancel")
@permitted(permissions.can_export)
def cancel_table_export(table_export_id: int) -> AnyResponse:
    with change():
        cancelled = services.cancel(actor=actor(), export_id=table_export_id)
    if cancelled:
        flash(_("The export is called off."), "success")
    else:
        flash(_("Too late: the export has ended."), "warning")
    return see_other(url_for(".table_exports"))


@bp.post("/exports/schedules/<id:schedule_id>")
@permitted(permissions.can_export)
@confirmed
def change_table_schedule(schedule_id: int) -> AnyResponse:
    form = RhythmForm()
    if not form.validate():
        return _page(TableExportForm.begun(_kind(), {}), 422, {schedule_id: form})
    with change():
        schedules.change(actor=actor(), schedule_id=schedule_id, rhythm=form.rhythm)
    flash(_("The schedule is saved. We mail you each time an export is ready."), "success")
    return see_other(url_for(".table_exports"))


@bp.post("/exports/schedules/<id:schedule_id>/delete")
@permitted(permissions.can_export)
def delete_table_schedule(schedule_id: int) -> AnyResponse:
    with change():
        schedules.delete(actor=actor(), schedule_id=schedule_id)
    flash(_("The schedule is deleted."), "success")
    return see_other(url_for(".table_exports"))


def _ask(form: TableExportForm) -> None:
    """Once, or on a schedule."""
    if form.rhythm is None:
        services.ask(actor=actor(), order=form.order)
    else:
        schedules.create(actor=actor(), order=form.order, rhythm=form.rhythm)


def _kind() -> TableKind:
    """The table that the page is about: tickets unless another is named."""
    word = request.args.get("kind", "")
    return TableKind(word) if word in set(TableKind) else TableKind.TICKETS


def _page(
    form: TableExportForm, status: int = 200, refused: Mapping[int, RhythmForm] = NOTHING_REFUSED
) -> Response:
    """`refused` are forms of schedules, by id."""
    cursor = request.args.get("cursor")
    page = queries.page(actor(), cursor=parse_id_cursor(cursor))
    rows = [_present(row) for row in page.rows]
    kind = form.kind.value
    return page_or_fragment(
        "admin/table_exports/index.html",
        "admin/table_exports/_list.html",
        status,
        said="" if any(row["export"].is_open for row in rows) else _("No export is being made."),
        form=form,
        kinds=[(kind.value, TABLE_LABELS[kind]) for kind in TableKind],
        rows=rows,
        schedules=[
            _present_schedule(row, refused.get(row.id))
            for row in schedule_queries.of_person(actor())
        ],
        zone=setting("DESK_TIMEZONE"),
        waits=any(row["export"].is_open for row in rows),
        keep_days=setting("EXPORT_RETENTION").days,
        first_url=url_for(".table_exports", kind=kind) if cursor else None,
        next_url=url_for(".table_exports", kind=kind, cursor=page.next) if page.next else None,
    )


def _present_schedule(row: TableExportSchedule, refused: RhythmForm | None) -> dict[str, Any]:
    kept = {"every": row.every, "weekday": str(row.weekday), "hour": str(row.hour)}
    weekly = row.every == Every.WEEK
    return {
        "id": row.id,
        "title": f"{TABLE_LABELS[row.kind]} {row.format.upper()}",
        "every": dict(EVERY)[row.every],
        "weekday": dict(WEEKDAYS)[str(row.weekday)] if weekly else "",
        "hour": f"{row.hour:02d}:00",
        "due_at": row.due_at,
        "query": "" if row.query == "view=all" else row.query,
        "form": refused or RhythmForm(formdata=None, data=kept),
    }


def _present(row: AnyRow) -> dict[str, Any]:
    export: TableExport = row.TableExport
    expired = export.state == "ready" and not export.is_ready
    return {
        "export": export,
        "title": TABLE_LABELS[export.kind],
        "state": TABLE_EXPORT_STATE_LABELS["expired" if expired else export.state],
        "asker": name_of(row),
        "is_own": export.user_id == actor().id,
    }
