"""`/go`: a few letters lead to a ticket, a person, a company, a view, a page or an action."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.models.organizations.organization import format_id as organization_number
from portal.models.people.user import format_id as person_number
from portal.models.tickets.ticket import format_number
from portal.people import bp
from portal.queries.paging import AnyRow
from portal.queries.tickets import palette, saved_views
from portal.queries.tickets.lists.ticket_filter import MAX_QUERY, View
from portal.queries.tickets.requesters import Match
from portal.web.fragments import page_or_fragment, see_other, wants_fragment
from portal.web.people.sessions import actor
from portal.web.templating.labels import (
    PRIORITY_LABELS,
    PRIORITY_WORDS,
    STATUS_LABELS,
    VIEW_LABELS,
)
from portal.web.templating.rail import first_page


class Way(NamedTuple):
    """A link; with `field`, a form that posts `value` to `url`."""

    label: str
    url: str
    hint: str = ""
    field: str = ""
    value: str = ""


class Offer(NamedTuple):
    """A way that leads nowhere yet: most are not what was typed, and an address takes time."""

    label: str
    endpoint: str
    values: Mapping[str, Any] = {}
    hint: str = ""
    field: str = ""
    value: str = ""


class Group(NamedTuple):
    key: str
    title: str
    ways: list[Way]


@bp.get("/go")
def go() -> Response | AnyResponse:
    """What `q` may mean. A number that is sent leads to its ticket, a digit `view` to its view."""
    q = request.args.get("q", "").strip()[:MAX_QUERY]
    number = request.args.get("ticket") or _ticket_before()
    if digit := request.args.get("view", ""):
        return see_other(_view_url(digit))
    found = palette.find(actor(), q)
    if found.ticket and not wants_fragment():
        return see_other(_ticket(found.ticket).url)
    groups = [group for group in _groups(q, found, number) if group.ways]
    total = sum(len(group.ways) for group in groups)
    return page_or_fragment(
        "people/go.html",
        "people/_go_results.html",
        said=ngettext("%(num)d result", "%(num)d results", total),
        groups=groups,
        q=q,
        number=number,
        in_place=wants_fragment(),
    )


def _ticket_before() -> str:
    """The number of the ticket whose page led here, if one did."""
    before = urlsplit(request.referrer or "").path
    return before.rpartition("/")[2] if before.startswith(url_for("tickets.index")) else ""


def _groups(q: str, found: palette.Found, number: str) -> Iterator[Group]:
    yield Group("tickets", _("Tickets"), [_ticket(found.ticket)] if found.ticket else [])
    here = palette.ticket(actor(), number)
    actions = _named(q, _actions(here)) if here else []
    yield Group("actions", format_number(here.id) if here else "", actions)
    people = [
        Way(match.name, url_for(".person", number=person_number(match.id)), _who(match))
        for match in found.people
    ]
    yield Group("people", _("People"), people)
    organizations = [
        Way(row.name, url_for(".organization", number=organization_number(row.id)))
        for row in found.organizations
    ]
    yield Group("organizations", _("Organizations"), organizations)
    yield Group("views", _("Views"), _named(q, _views()))
    yield Group("pages", _("Pages"), _named(q, _pages()))
    yield Group("search", _("Search"), [_search(q)] if q else [])


def _who(match: Match) -> str:
    return " · ".join(filter(None, (match.company, match.email)))


def _ticket(row: AnyRow) -> Way:
    number = format_number(row.id)
    return Way(row.subject, url_for("tickets.show", number=number), number)


def _named(q: str, offers: Iterable[Offer]) -> list[Way]:
    """Those whose label has all words of `q`."""
    words = q.casefold().split()
    return [
        Way(one.label, url_for(one.endpoint, **one.values), one.hint, one.field, one.value)
        for one in offers
        if all(word in one.label.casefold() for word in words)
    ]


def _actions(row: AnyRow) -> Iterator[Offer]:
    """What can be done to the ticket that one looks at. Staff may do all of it."""
    ticket = {"number": format_number(row.id)}
    if row.assignee_id != actor().id:
        yield Offer(_("Assign to me"), "tickets.assign", ticket, "", "assignee", "me")
    for status, label in STATUS_LABELS.items():
        if status not in {row.status, "new"}:
            text = f"{_('Status')}: {label}"
            yield Offer(text, "tickets.set_status", ticket, "", "status", status)
    for priority, label in PRIORITY_LABELS.items():
        if priority != row.priority:
            text, word = f"{_('Priority')}: {label}", PRIORITY_WORDS[priority]
            yield Offer(text, "tickets.set_priority", ticket, "", "priority", word)


def _views() -> Iterator[Offer]:
    rows = saved_views.visible(actor())
    saved, free = saved_views.digits(rows)
    numbers = {view: f"g {digit}" for digit, view in free.items()}
    for view in View:
        label = str(VIEW_LABELS[view])
        yield Offer(label, "tickets.queue", {"view": view.value}, numbers.get(view, ""))
    for row in rows:
        hint = f"g {row.key}" if saved.get(row.key or 0) == row.id else ""
        yield Offer(row.name, "tickets.queue", {"saved": row.id}, hint)


def _pages() -> Iterator[Offer]:
    yield Offer(_("New ticket"), "tickets.new")
    yield Offer(_("My tickets"), "tickets.index")
    yield Offer(_("Trash"), "tickets.trash")
    yield Offer(_("Edit views"), "tickets.saved_views")
    yield Offer(_("Profile"), "account.profile")
    yield Offer(_("Keyboard shortcuts"), "account.shortcuts")
    yield Offer(_("Help"), "help.index")
    if admin_page := first_page("admin", actor()):
        yield Offer(_("Admin"), admin_page)


def _search(q: str) -> Way:
    query = urlencode({"view": View.ALL.value, "q": q})
    return Way(
        _("Search all tickets for “%(words)s”", words=q), f"{url_for('tickets.queue')}?{query}"
    )


def _view_url(digit: str) -> str:
    """The view with that digit; the queue for any other text."""
    saved, free = saved_views.digits(saved_views.visible(actor()))
    number = int(digit) if digit.isascii() and digit.isdigit() and len(digit) == 1 else 0
    if number in saved:
        return url_for("tickets.queue", saved=saved[number])
    view = free.get(number)
    return url_for("tickets.queue", view=view.value if view else None)
