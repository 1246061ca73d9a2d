"""`/people/<USR…>`: a person with their tickets and what happened to the account."""

from typing import Any

from flask import Response, render_template, request, url_for

from portal.errors import NotFound
from portal.i18n import language_name
from portal.models.organizations.organization import format_id
from portal.models.people.actor import is_erased
from portal.models.people.person import Person
from portal.people import bp, tickets
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.people import account_log, profiles
from portal.queries.tickets import customers
from portal.queries.tickets.ticket_filter import TicketFilter
from portal.security import permissions
from portal.web.fragments import page_or_fragment
from portal.web.people.account_log import staff_entries
from portal.web.people.customers import capped, local_time, rating_numbers, ways
from portal.web.people.sessions import actor

_LATEST = 5


@bp.get("/people/<number>")
def person(number: str) -> Response:
    """The page; for HTMX the list of tickets."""
    row = profiles.find(actor(), number)
    here = url_for(".person", number=number)
    values = tickets.context(actor(), here, requester=number)
    return page_or_fragment(
        "people/person.html",
        "people/_tickets.html",
        said=tickets.list_text(values),
        **values,
        **_context(row),
    )


@bp.get("/people/<number>/log")
def person_log(number: str) -> str:
    """What happened to the account, newest first."""
    row = profiles.find(actor(), number)
    if not permissions.can_read_account_log(actor(), row.role):
        raise NotFound
    cursor = request.args.get("cursor")
    page = account_log.staff_page(user_id=row.id, cursor=parse_id_cursor(cursor))
    here = url_for(".person_log", number=number)
    return render_template(
        "people/log.html",
        title=Person.of(row).name,
        back_url=url_for(".person", number=number),
        entries=staff_entries(list(page.rows)),
        first_url=here if cursor else None,
        next_url=url_for(".person_log", number=number, cursor=page.next) if page.next else None,
    )


def _context(row: AnyRow) -> dict[str, Any]:
    """Values for `people/person.html` besides the tickets."""
    who = Person.of(row)
    reads_log = permissions.can_read_account_log(actor(), row.role)
    log = account_log.staff_page(user_id=row.id, size=_LATEST) if reads_log else None
    figures = customers.figures_of_person(row.id)
    return {
        "person": row,
        "who": who,
        "erased": is_erased(row.email),
        "language": language_name(row.locale),
        "organization_url": url_for(".organization", number=format_id(row.organization_id)),
        "local_time": local_time(row.timezone),
        "total": capped(figures.tickets),
        "ratings": rating_numbers(figures),
        "ways": ways(TicketFilter(requester=who.number)),
        "entries": staff_entries(list(log.rows)) if log else (),
        "log_url": url_for(".person_log", number=who.number) if log else None,
    }
