"""`/organizations/<ORG…>`: an organization with its members, tickets and their log."""

from typing import Any

from flask import Response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound
from portal.models.organizations.organization import format_id
from portal.models.people.person import Person
from portal.people import bp, notes, tickets
from portal.people.forms import NoteForm
from portal.queries.organizations import customers as organizations
from portal.queries.organizations import organizations as members
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.people import account_log
from portal.queries.tickets import customers
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.services.organizations import customer_notes
from portal.web.change import change
from portal.web.fragments import page_or_fragment
from portal.web.people.account_log import staff_entries
from portal.web.people.customers import capped, rating_numbers, ways
from portal.web.people.sessions import actor


@bp.get("/organizations/<number>")
def organization(number: str) -> Response:
    """The page; for HTMX the list of tickets."""
    return _page(organizations.find(actor(), number))


@bp.post("/organizations/<number>/notes")
def write_organization_note(number: str) -> AnyResponse:
    """A note about a company. Raises NotFound about personal organizations."""
    row = organizations.find(actor(), number)
    if row.personal:
        raise NotFound
    form = NoteForm()
    if form.validate():
        with change(form):
            note = customer_notes.write_about_organization(
                actor=actor(), organization=members.lock(row.id), text=form.text.data
            )
    return _page(row, form) if form.errors else notes.after_writing(note)


def _page(row: AnyRow, form: NoteForm | None = None) -> Response:
    number = format_id(row.id)
    here = url_for(".organization", number=number)
    values = tickets.context(actor(), here, organization=number)
    if not row.personal:
        values |= notes.context(here, form, organization_id=row.id)
    return page_or_fragment(
        "people/organization.html",
        "people/_tickets.html",
        status=422 if form else 200,
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
    figures = customers.figures_of_organization(actor(), row.id)
    page = organizations.members(row.id, cursor=parse_id_cursor(request.args.get("members")))
    return {
        "organization": row,
        "number": number,
        "members": [(member, Person.of(member)) for member in page.rows],
        "more_members_url": f"{here}?members={page.next}" if page.next else None,
        "total": capped(figures.tickets),
        "ratings": rating_numbers(figures),
        "ways": ways(TicketFilter(organization=number)),
        "log_url": url_for(".organization_log", number=number),
    }
