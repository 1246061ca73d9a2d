"""`/tickets/`: the tickets of a customer, by status and search."""

from typing import Any

from flask import Response, request, url_for

from portal.i18n import gettext as _
from portal.queries.tickets.ticket_filter import ME, TicketFilter
from portal.tickets import bp
from portal.tickets.list_search import search
from portal.tickets.rows import list_rows, list_text
from portal.web.fragments import page_or_fragment
from portal.web.people.sessions import actor
from portal.web.templating.labels import CUSTOMER_STATUS_LABELS
from portal.web.templating.search_texts import note

_TAKES = {"status", "q", "cursor"}


@bp.get("/")
def index() -> Response:
    """One's own tickets, or the organization's if the role allows; for staff those they filed."""
    own_only = actor().is_staff or not actor().reads_organization
    requester = ME if actor().is_staff else ""
    found = search(actor(), request.args, names=_TAKES, requester=requester)
    wanted, page = found.filter, found.page
    title = _("My tickets") if own_only else _("Tickets")
    values: dict[str, Any] = {
        "found": found,
        "mistakes": [note(mistake, wanted.q) for mistake in found.mistakes],
        "mistaken": found.mistaken,
        "shown": len(page.rows),
        "rows": list_rows("tickets/_row.html", found, staff=actor().is_staff),
        "filter": wanted,
        "all_url": _url(TicketFilter(q=wanted.q), None),
        "title": title,
        "statuses": tuple(CUSTOMER_STATUS_LABELS.items()),
        "next_url": _url(wanted, page.next) if page.next else None,
        "first_url": _url(wanted, None) if wanted.cursor else None,
    }
    said = list_text(title, values)
    return page_or_fragment("tickets/index.html", "tickets/_list.html", said=said, **values)


def _url(wanted: TicketFilter, cursor: str | None) -> str:
    return url_for(".index", status=wanted.status or None, q=wanted.q or None, cursor=cursor)
