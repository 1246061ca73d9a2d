"""`/tickets/trash`: deleted tickets, and restoring them. For staff; customers get a 404."""

from typing import Any

from flask import Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.i18n import gettext as _
from portal.models.people.person import name_of
from portal.models.tickets import BulkAction
from portal.models.tickets.ticket import format_number
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets import trash as queries
from portal.queries.tickets.trash import TrashRow
from portal.services.tickets import bulk
from portal.services.tickets import tickets as ticket_services
from portal.tickets import bp
from portal.tickets.lists.rows import list_text
from portal.web.change import change
from portal.web.fragments import page_or_fragment, render_fragment, see_other, wants_fragment
from portal.web.people.return_page import page_of_request
from portal.web.people.sessions import actor


@bp.get("/trash")
def trash() -> Response:
    """Deleted tickets, the latest first."""
    context = _context(request.args.get("cursor", ""))
    said = list_text(_("Trash"), context)
    return page_or_fragment(
        "tickets/trash/index.html", "tickets/trash/_list.html", said=said, **context
    )


@bp.post("/<number>/trash")
def move_to_trash(number: str) -> AnyResponse:
    """Delete a ticket, and show the queue, which offers to undo it."""
    with change():
        ticket = ticket_queries.find(actor(), number, lock=True)
        done = bulk.apply(actor=actor(), chosen=[ticket], action=BulkAction.TRASH)
    flash(_("%(number)s is in the trash now.", number=number), "success")
    if done.changed:
        flash(done.token, "undo")
    return see_other(_queue())


@bp.post("/<number>/restore")
def restore(number: str) -> AnyResponse | str:
    with change():
        ticket_services.restore(actor=actor(), ticket=queries.find(actor(), number))
    flash(_("%(number)s is back as it was.", number=number), "success")
    cursor = request.form.get("cursor", "")
    if wants_fragment():
        return render_fragment("tickets/trash/_list.html", **_context(cursor))
    return see_other(url_for(".trash", cursor=cursor or None))


def _queue() -> str:
    """The queue's URL with the filter it had, if the request came from there."""
    queue, here = url_for(".queue"), page_of_request() or ""
    return here if here.partition("?")[0] == queue else queue


def _context(cursor: str) -> dict[str, Any]:
    page = queries.page(actor(), cursor=cursor)
    if cursor and not page.rows:
        return _context("")  # all tickets of that page were restored meanwhile
    return {
        "rows": [_row(row) for row in page.rows],
        "shown": len(page.rows),
        "cursor": cursor,
        "next_url": url_for(".trash", cursor=page.next) if page.next else None,
        "first_url": url_for(".trash") if cursor else None,
    }


def _row(row: TrashRow) -> dict[str, object]:
    return {
        "id": row.id,
        "number": format_number(row.id),
        "subject": row.subject,
        "requester": name_of(row, "requester_"),
        "organization": row.organization_name,
        "deleted_at": row.deleted_at,
        "deleter": name_of(row, "deleter_") if row.deleter_email else None,
    }
