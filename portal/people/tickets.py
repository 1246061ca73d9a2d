"""The tickets of a person or an organization, as a part of their page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import request

from portal.i18n import ngettext
from portal.models.people import Actor
from portal.models.people.person import Person
from portal.models.tickets.ticket import format_number
from portal.queries.paging import AnyRow
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.web.people.customers import queue_url

_TAKES = ("status", "priority", "cursor")
_SIZE = 20


class TicketLine(NamedTuple):
    """A ticket in a list; `assignee` is None for nobody."""

    number: str
    subject: str
    status: str
    priority: int
    updated_at: datetime
    requester: Person
    assignee: str | None


def context(actor: Actor, here: str, **owner: str) -> dict[str, Any]:
    """Values for `people/_tickets.html`: a page of the tickets of `owner`, an argument of filters.

    `here` is the address of the page. Raises Invalid.
    """
    known = {name: request.args[name] for name in _TAKES if name in request.args}
    wanted = TicketFilter.from_args({**known, **owner})
    page = ticket_list.page(actor, wanted, size=_SIZE)
    return {
        "here": here,
        "wanted": wanted,
        "tickets": [_line(row) for row in page.rows],
        "queue_url": queue_url(wanted.first_page),
        "next_url": _url(here, wanted, page.next) if page.next else None,
        "first_url": _url(here, wanted, "") if wanted.cursor else None,
    }


def list_text(values: Mapping[str, Any]) -> str:
    """What the list shows, for who cannot see it."""
    shown = len(values["tickets"])
    return ngettext("%(num)d ticket", "%(num)d tickets", shown) + "."


def _url(here: str, wanted: TicketFilter, cursor: str) -> str:
    chosen = {"status": wanted.status, "priority": wanted.priority, "cursor": cursor}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{here}?{query}" if query else here


def _line(row: AnyRow) -> TicketLine:
    return TicketLine(
        format_number(row.id),
        row.subject,
        row.status,
        row.priority,
        row.updated_at,
        Person.of(row, "requester_"),
        Person.of(row, "assignee_").name if row.assignee_id is not None else None,
    )
