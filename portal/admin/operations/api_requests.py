"""`/admin/logs/api`: the log of API requests, with statistics of a period."""

from datetime import timedelta
from typing import Any

from flask import Response, request, url_for
from sqlalchemy import Row

from portal import clock
from portal.admin import bp
from portal.admin.filtered_list import filtered_list
from portal.errors import Invalid
from portal.i18n import lazy_gettext as _
from portal.models.people.user import format_id
from portal.queries.operations import api_log
from portal.queries.paging import Page, parse_id_cursor
from portal.queries.people import users

PERIODS = {
    "1": (timedelta(days=1), _("the last 24 hours")),
    "7": (timedelta(days=7), _("the last 7 days")),
    "30": (timedelta(days=30), _("the last 30 days")),
}
OUTCOMES = (("errors", _("Only errors")),)


@bp.get("/logs/api")
def api_requests() -> Response:
    days, outcome = request.args.get("days", "1"), request.args.get("outcome", "")
    if days not in PERIODS or outcome not in {"", "errors"}:
        raise Invalid(days="unknown")
    chosen = {
        "person": request.args.get("person", "").strip()[:254],
        "key": request.args.get("key", "").strip()[:16],
        "route": request.args.get("route", "").strip()[:120],
    }
    cursor = request.args.get("cursor")
    before = parse_id_cursor(cursor)
    page = _page(**chosen, errors=outcome == "errors", before=before)

    wanted = {**chosen, "outcome": outcome, "days": days}
    return filtered_list(
        "operations/api",
        page,
        endpoint=".api_requests",
        wanted=wanted,
        cursor=cursor,
        rows=_rows(page),
        statistics=api_log.statistics(clock.now() - PERIODS[days][0]),
        periods=tuple((word, label) for word, (_length, label) in PERIODS.items()),
        outcomes=OUTCOMES,
        key_url=lambda prefix: _url({**wanted, "key": prefix}),
    )


def _url(wanted: dict[str, Any]) -> str:
    return url_for(".api_requests", **{word: value for word, value in wanted.items() if value})


def _page(person: str, key: str, route: str, errors: bool, before: int | None) -> Page[Row[Any]]:
    """The requests; an empty page if there is no such person."""
    user_id = users.find_id(person) if person else None
    if person and user_id is None:
        return Page([], None)
    return api_log.page(
        user_id=user_id,
        key_prefix=key or None,
        route=route or None,
        errors=errors,
        cursor=before,
    )


def _rows(page: Page[Row[Any]]) -> list[dict[str, Any]]:
    names = users.names({row.user_id for row in page.rows if row.user_id is not None})
    return [
        {
            **row._mapping,
            "person": names.get(row.user_id, ""),
            "person_number": format_id(row.user_id) if row.user_id is not None else "",
        }
        for row in page.rows
    ]
