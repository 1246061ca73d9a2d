"""`/tickets/queue`: the staff's dashboard. Its URL holds the filter."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from flask import Response, abort, render_template, request, url_for
from markupsafe import Markup

from portal.extensions import setting
from portal.i18n import gettext as _
from portal.models.people import Sight
from portal.queries.people import users
from portal.queries.tickets import counts
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets.lists.ticket_filter import ME, NOBODY, TicketFilter, View
from portal.security import permissions
from portal.tickets import bp, thread, trail
from portal.tickets.lists.chips import chips
from portal.tickets.lists.list_search import search
from portal.tickets.lists.queue_rows import is_dense, queue_rows
from portal.tickets.lists.queue_views import QueueViews
from portal.tickets.lists.rows import list_text
from portal.tickets.lists.typed_chips import typed_chips
from portal.tickets.live import narrowed
from portal.tickets.trail import Trail
from portal.web.fragments import page_or_fragment, wants_fragment
from portal.web.people.sessions import actor
from portal.web.templating.labels import SORT_LABELS, TYPE_LABELS, VIEW_LABELS, type_choices
from portal.web.templating.search_texts import note

_TAKES = {field.name for field in fields(TicketFilter)}


@bp.get("/queue")
def queue() -> Response:
    """Rows, counts and filters; for HTMX the list alone. Customers get a 404."""
    if not permissions.can_triage(actor()):
        abort(404)
    args = request.args.to_dict()
    number = args.pop("open", "")
    values = context(args)
    if number and not wants_fragment():
        page = _opened(number, values["way"])
        body = render_template("tickets/queue/_panel.html", **page)
        values |= {"opened": page["ticket"], "panel": Markup(body)}  # noqa: S704 - it is HTML
    return page_or_fragment(
        "tickets/queue/index.html",
        "tickets/queue/_queue.html",
        said=list_text(values["title"], values) if wants_fragment() else "",
        **values,
    )


def _opened(number: str, way: Trail) -> dict[str, Any]:
    """The ticket beside the list. Raises NotFound."""
    ticket, row = ticket_queries.find_with_details(actor(), number)
    return thread.context(ticket, head=row, way=way.placed(ticket))


def context(args: Mapping[str, str]) -> dict[str, Any]:
    """Values for the queue's templates, by five queries whatever the filter.

    One more each gives the name of a requester and of an organization to filter by.
    """
    views = QueueViews(args)
    found = search(actor(), views.args, names=_TAKES, view=View.TO_ANSWER)
    wanted, page = found.filter, found.page
    way = trail.of_list(wanted)
    assignees = users.assignees()
    here = url_for("tickets.queue")
    cleared = TicketFilter(view=wanted.view, q=wanted.q, sort=wanted.sort)
    return {
        "title": views.row.name if views.row else VIEW_LABELS[wanted.view],
        "found": found,
        "mistakes": [note(mistake, wanted.q) for mistake in found.mistakes],
        "mistaken": found.mistaken,
        "shown": len(page.rows),
        "chips": [*chips(wanted, dict(assignees)), *typed_chips(wanted)],
        "cleared_url": f"{here}?{cleared.to_query()}",
        "rows": way.put_into(queue_rows(found)),
        "is_dense": is_dense(),
        "way": way,
        "filter": wanted.first_page,
        "all_url": f"{here}?{wanted.all_matches.to_query()}",
        "views": _views(wanted, here, {view: digit for digit, view in views.free_digits.items()}),
        **views.context(wanted, dict(assignees)),
        **_choices(assignees),
        "order": SORT_LABELS[
            wanted.sort if wanted.sort in found.ordered.sorts else found.ordered.order
        ],
        "sorts": tuple((sort.value, SORT_LABELS[sort]) for sort in found.ordered.sorts),
        "live_url": url_for(".watch_queue", **narrowed(found.ordered)),
        "exports_url": _exports_url(wanted),
        "is_first": not wanted.cursor,
        "here": f"{here}?{wanted.to_query(cursor=wanted.cursor)}",
        "next_url": f"{here}?{wanted.to_query(cursor=page.next)}" if page.next else None,
        "first_url": f"{here}?{wanted.to_query()}" if wanted.cursor else None,
    }


def _choices(assignees: Sequence[tuple[int, str]]) -> dict[str, Any]:
    """What can be chosen in the filters and for the marked tickets."""
    return {
        "assignees": assignees,
        "departments": tuple((name, name) for name in setting("DEPARTMENTS")),
        "types": tuple((key, str(label)) for key, label in TYPE_LABELS.items()),
        "offered_types": type_choices(),
        "choices": ((ME, _("Me")), (NOBODY, _("Nobody")), *assignees),
    }


def _exports_url(wanted: TicketFilter) -> str:
    """Where these tickets are exported; empty for who may not."""
    if not permissions.can_export(actor()):
        return ""
    return f"{url_for('admin.table_exports')}?{wanted.to_query(saved='')}"


class ViewEntry(NamedTuple):
    """A line of the rail."""

    key: str
    label: object
    total: str
    url: str
    digit: int | None
    current: bool


def _views(wanted: TicketFilter, here: str, digits: Mapping[View, int]) -> tuple[ViewEntry, ...]:
    numbers = counts.views(actor())
    return tuple(
        ViewEntry(
            view.value,
            VIEW_LABELS[view],
            _count(getattr(numbers, view.value)),
            f"{here}?view={view.value}",
            digits.get(view),
            wanted.view is view and not wanted.saved,
        )
        for view in View
    )


def _count(number: int) -> str:
    is_cut = number > counts.MANY and actor().sight is not Sight.ALL
    return f"{counts.MANY}+" if is_cut else str(number)
