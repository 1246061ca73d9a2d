"""`/admin/privacy`: requests for export and deletion, newest first."""

from typing import Any

from flask import render_template, request, url_for

from portal.admin import bp
from portal.models.people.person import name_of
from portal.models.people.user import format_id
from portal.models.privacy import PrivacyKind, PrivacyState
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.privacy import privacy_requests as queries
from portal.web.templating.labels import PRIVACY_KIND_LABELS, PRIVACY_STATE_LABELS


@bp.get("/privacy")
def privacy() -> str:
    cursor = request.args.get("cursor")
    page = queries.page(cursor=parse_id_cursor(cursor))
    return render_template(
        "admin/privacy.html",
        rows=[_present(row) for row in page.rows],
        first_url=url_for(".privacy") if cursor else None,
        next_url=url_for(".privacy", cursor=page.next) if page.next else None,
    )


def _present(row: AnyRow) -> dict[str, Any]:
    waits = row.kind == PrivacyKind.DELETION and row.state == PrivacyState.WAITING
    return {
        **row._mapping,
        "kind": PRIVACY_KIND_LABELS[row.kind],
        "state": PRIVACY_STATE_LABELS[row.state],
        "due_at": row.due_at if waits else None,
        "person": name_of(row),
        "person_number": format_id(row.user_id),
    }
