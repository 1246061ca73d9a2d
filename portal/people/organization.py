"""`/organizations/<ORG…>`: an organization with its members, tickets and their log."""

from typing import Any

from flask import Response, render_template, request, url_for

from portal.models.organizations.organization import format_id
from portal.models.people.person import Person
from portal.people import bp, tickets
from portal.queries.organizations import customers as organizations
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.people import account_log
from portal.queries.tickets import customers
from portal.queries.tickets.ticket_filter import TicketFilter
from portal.web.fragments import page_or_fragment
from portal.web.people.account_log import staff_entries
from portal.web.people.customers import capped, rating_numbers, ways
from portal.web.people.sessions import actor


@bp.get("/organizations/<number>")
def organization(number: str) -> Response:
    """The page; for HTMX the list of tickets."""
    row = organizations.find(actor(), number)
    here = url_for(".organization", number=number)
    values = tickets.context(actor(), here, organization=number)
    return page_or_fragment(
        "people/organization.html",
        "people/_tickets.html",
        said=tickets.list_text(values),
        **values,
        **_context(row, here),
    )


@bp.get("/organizations/<number>/log")
def organization_log(number: str) -> str:
    """What happened to the accounts of present members, newest first."""
    row = organizations.find(actor(), number)
    cursor = request.args.get("cursor")
    page = account_log.staff_page(organization_id=row.id, cursor=parse_id_cursor(cursor))
    here = url_for(".organization_log", number=number)
    return render_template(
        "people/log.html",
        title=row.name,
        back_url=url_for(".organization", number=number),
        entries=staff_entries(list(page.rows)),
        named=True,
        first_url=here if cursor else None,
        next_url=f"{here}?cursor={page.next}" if page.next else None,
    )


def _context(row: AnyRow, here: str) -> dict[str, Any]:
    """Values for `people/organization.html` besides the tickets."""
    number = format_id(row.id)
    figures = customers.figures_of_organization(row.id)
    members = organizations.members(row.id, cursor=parse_id_cursor(request.args.get("members")))
    return {
        "organization": row,
        "number": number,
        "members": [(member, Person.of(member)) for member in members.rows],
        "more_members_url": f"{here}?members={members.next}" if members.next else None,
        "total": capped(figures.tickets),
        "ratings": rating_numbers(figures),
        "ways": ways(TicketFilter(organization=number)),
        "log_url": url_for(".organization_log", number=number),
    }
