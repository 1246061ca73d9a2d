"""Where in the queue a ticket was opened: its view is carried in the address, with its place there.

So the next ticket is the next of that view, also after an answer has moved this one, in another tab
and without scripts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import parse_qsl, urlencode

from flask import request, url_for
from markupsafe import Markup

from portal import clock
from portal.errors import Invalid, TooBroad
from portal.i18n import gettext as _
from portal.models.tickets.ticket import format_number
from portal.queries.paging import AnyRow, moment_to_number
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.capped_counts import MANY
from portal.queries.tickets.lists.ticket_filter import Sort, TicketFilter, View
from portal.web.people.return_page import page_of_request
from portal.web.people.sessions import actor

# Of the first tickets of a view their place is said: looked for among few, then among these.
_FAR = 1000
# What rows of the queue have for the trail, since they are cached without it.
PLACEHOLDER = '?from=-"'
_MAX_QUERY, _MAX_PLACE = 1000, 80
_TAKES = {field.name for field in fields(TicketFilter)}
# Beside the filter: when one set out. What has changed since then is not met again.
_UNTIL = "until"


@dataclass(frozen=True, slots=True)
class Trail:
    """`query` is the query string of the queue, `at` the cursor of the ticket in it.

    Both are empty where one came from somewhere else.
    """

    query: str = ""
    at: str = ""

    @property
    def list_url(self) -> str:
        return _queue_url(self.query)

    def placed(self, ticket: AnyRow) -> "Trail":
        """The trail with the place that the ticket has in the list now."""
        wanted = _filter(self.query)
        return replace(self, at=ticket_list.place_of(wanted, ticket)) if wanted else self

    def put_into(self, rows: Markup) -> Markup:
        """Rows of the queue, whose links lead along this trail."""
        query = urlencode({"from": self.query})
        return Markup(str(rows).replace(PLACEHOLDER, f'?{query}#new"'))  # noqa: S704 - as before

    def ticket_url(self, number: str, *, at: str = "") -> str:
        """The page of a ticket of that view."""
        pairs = {"from": self.query, "at": at}
        query = urlencode({name: value for name, value in pairs.items() if value})
        return f"{url_for('tickets.show', number=number)}?{query}".rstrip("?")

    def open_url(self, number: str) -> str:
        """The list with that ticket beside it."""
        return _queue_url(self.query, open=number)


NOWHERE = Trail()


def of_request(ticket: AnyRow) -> Trail:
    """The trail that the request carries: in a form, else in its address or its page's."""
    if not actor().is_staff:
        return NOWHERE
    sent: Mapping[str, str] = request.form if "from" in request.form else request.args
    if "from" not in sent and request.method == "POST":
        sent = dict(parse_qsl((page_of_request() or "").partition("?")[2]))
    query, at = sent.get("from", ""), sent.get("at", "")
    if not query or len(query) > _MAX_QUERY or len(at) > _MAX_PLACE:
        return NOWHERE
    return Trail(query, at) if at else Trail(query).placed(ticket)


def of_list(wanted: TicketFilter) -> Trail:
    """The trail that begins at a list."""
    query = wanted.to_query(cursor=wanted.cursor)
    if wanted.order is Sort.IDLE:
        # An answer moves its ticket to the end of this order, where one would meet it again.
        query = f"{query}&{_UNTIL}={moment_to_number(clock.now())}"
    return Trail(query)


def neighbour(trail: Trail, ticket: AnyRow, *, back: bool = False) -> str | None:
    """The number of the next ticket of the trail, or of the one before; None at its end."""
    wanted = _filter(trail.query)
    if wanted is None:
        return None
    try:
        found = ticket_list.neighbour(actor(), replace(wanted, cursor=trail.at), ticket, back=back)
    except (Invalid, TooBroad):
        return None
    until = dict(parse_qsl(trail.query)).get(_UNTIL, "")
    if found and until.isdecimal() and moment_to_number(found.updated_at) > int(until):
        return None
    return format_number(found.id) if found else None


def place_text(trail: Trail, ticket: AnyRow) -> str:
    """`4 of 31`, `4 of 100+`, `412 of 1000+`; empty for a ticket that is none of the first _FAR."""
    wanted = _filter(trail.query)
    if wanted is None:
        return ""
    for most in (MANY, _FAR):
        try:
            ids = ticket_list.first_ids(actor(), wanted, limit=most + 1)
        except (Invalid, TooBroad):
            return ""
        if ticket.id in ids[:most]:
            total = f"{most}+" if len(ids) > most else len(ids)
            return _("%(place)d of %(total)s", place=ids.index(ticket.id) + 1, total=total)
        if len(ids) <= most:
            return ""
    return ""


def _filter(query: str) -> TicketFilter | None:
    """The filter of the queue's query string; None for what is none any more."""
    args = {name: value for name, value in parse_qsl(query) if name in _TAKES}
    try:
        return TicketFilter.from_args(args, view=View.ALL).first_page.best_first
    except Invalid:
        return None


def _queue_url(query: str, **more: str) -> str:
    pairs = [(name, value) for name, value in parse_qsl(query) if name in _TAKES]
    return f"{url_for('tickets.queue')}?{urlencode([*pairs, *more.items()])}".rstrip("?")
