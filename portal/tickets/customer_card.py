"""The customer beside the ticket, for staff: who it is, their last tickets, and similar ones."""

from datetime import datetime
from typing import NamedTuple

from flask import Response, abort, url_for
from markupsafe import Markup

from portal.i18n import language_name, ngettext
from portal.models.organizations.organization import format_id
from portal.models.people.person import Person, name_of
from portal.models.tickets import Ticket
from portal.models.tickets.ticket import format_number
from portal.queries.paging import AnyRow
from portal.queries.tickets import customers, similar
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets.customers import RECENT, Figures
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.security import permissions
from portal.tickets import bp
from portal.web.fragments import page_or_fragment
from portal.web.people.customers import (
    RatingNumber,
    capped,
    local_time,
    queue_url,
    rating_numbers,
    ways,
)
from portal.web.people.sessions import actor
from portal.web.templating.fragment_cache import cached_rows


class TicketLine(NamedTuple):
    """One of several tickets."""

    number: str
    subject: str
    status: str
    updated_at: datetime


class Customer(NamedTuple):
    """All that the card shows but the time where they are."""

    name: str
    number: str
    email: str
    organization_name: str | None
    organization_number: str
    language: str
    ratings: tuple[RatingNumber, ...]
    tickets: tuple[TicketLine, ...]
    # How many there are, and where all of them are listed.
    total: str
    all_url: str
    ways: tuple[tuple[str, str, str], ...]
    similar_url: str


class _Values(NamedTuple):
    """What a Customer is made of, which is done once for the same values."""

    ticket_id: int
    who: Person
    organization_id: int
    organization_name: str | None
    locale: str
    rows: tuple[AnyRow, ...]


class Card(NamedTuple):
    """`body` is rendered once for the same values; the local time is another each minute."""

    url: str
    name: str
    local_time: tuple[datetime, str] | None
    body: Markup


def card(ticket: Ticket, head: AnyRow) -> Card:
    """Of the requester. `head` is the row of `queries.tickets.tickets.details`."""
    who = Person(ticket.requester_id, name_of(head, "requester_"), head.requester_email)
    values = _Values(
        ticket_id=ticket.id,
        who=who,
        organization_id=ticket.organization_id,
        organization_name=None if head.organization_personal else head.organization_name,
        locale=head.requester_locale,
        rows=tuple(customers.recent(actor(), ticket.requester_id)),
    )
    return Card(
        url=url_for("people.person", number=who.number),
        name=who.name,
        local_time=local_time(head.requester_timezone),
        body=cached_rows("people/_card.html", [values], _customer),
    )


@bp.get("/<number>/similar")
def similar_tickets(number: str) -> Response:
    """Tickets on the same matter, for staff: the card asks for them when it is seen."""
    if not permissions.can_read_people(actor()):
        abort(404)
    ticket = ticket_queries.find(actor(), number)
    lines = [_line(row) for row in similar.of_ticket(actor(), ticket)]
    return page_or_fragment(
        "tickets/similar.html",
        "tickets/_similar.html",
        said=ngettext("%(num)d similar ticket.", "%(num)d similar tickets.", len(lines)),
        lines=lines,
        ticket=ticket,
    )


def _customer(values: _Values) -> Customer:
    rows, who = values.rows, values.who
    # In the trash a ticket is none of theirs.
    figures = Figures(*rows[0][-len(Figures._fields) :]) if rows else Figures(0, 0, 0)
    others = [row for row in rows if row.id != values.ticket_id][:RECENT]
    theirs = TicketFilter(requester=who.number)
    return Customer(
        name=who.name,
        number=who.number,
        email=who.email,
        organization_name=values.organization_name,
        organization_number=format_id(values.organization_id),
        language=language_name(values.locale),
        ratings=rating_numbers(figures),
        tickets=tuple(map(_line, others)),
        total=capped(figures.tickets),
        all_url=queue_url(theirs),
        ways=ways(theirs),
        similar_url=url_for("tickets.similar_tickets", number=format_number(values.ticket_id)),
    )


def _line(row: AnyRow) -> TicketLine:
    return TicketLine(format_number(row.id), row.subject, row.status, row.updated_at)
