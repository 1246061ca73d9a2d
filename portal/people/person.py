"""`/people/<USR…>`: a person with their tickets and what happened to the account."""

from typing import Any

from flask import Response, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import NotFound, or_not_found
from portal.i18n import gettext as _
from portal.i18n import language_name
from portal.models.organizations.organization import format_id
from portal.models.people.actor import is_erased
from portal.models.people.person import Person
from portal.models.people.user import format_id as format_person
from portal.people import bp, notes, tickets
from portal.people.forms import NoteForm
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.people import account_log, profiles, users
from portal.queries.people import returned_mails as returned_mails_queries
from portal.queries.tickets import customers
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.security import permissions
from portal.services.organizations import customer_notes
from portal.services.people import returned_mails
from portal.web.change import change
from portal.web.fragments import page_or_fragment, see_other
from portal.web.people.account_log import staff_entries
from portal.web.people.customers import capped, local_time, rating_numbers, ways
from portal.web.people.returned_mails import reason_of
from portal.web.people.sessions import actor

_LATEST = 5


@bp.get("/people/<number>")
def person(number: str) -> Response:
    """The page; for HTMX the list of tickets."""
    return _page(profiles.find(actor(), number))


@bp.post("/people/<number>/notes")
def write_note(number: str) -> AnyResponse:
    """A note about a customer. Raises NotFound about others."""
    row = profiles.find(actor(), number)
    if not _is_noted(row):
        raise NotFound
    form = NoteForm()
    if form.validate():
        with change(form):
            user = or_not_found(users.lock(row.id))
            note = customer_notes.write_about_person(actor=actor(), user=user, text=form.text.data)
    return _page(row, form) if form.errors else notes.after_writing(note)


def _page(row: AnyRow, form: NoteForm | None = None) -> Response:
    number = format_person(row.id)
    here = url_for(".person", number=number)
    values = tickets.context(actor(), here, requester=number)
    if _is_noted(row):
        values |= notes.context(here, form, user_id=row.id)
    return page_or_fragment(
        "people/person.html",
        "people/_tickets.html",
        status=422 if form else 200,
        said=tickets.list_text(values),
        **values,
        **_context(row),
    )


def _is_noted(row: AnyRow) -> bool:
    """Whether there are notes about them that the reader may see."""
    return permissions.can_note_about(actor(), row.role) and not is_erased(row.email)


@bp.post("/people/<number>/mail-works")
def confirm_mail_works(number: str) -> AnyResponse:
    """Mail to them again, after several mails came back."""
    row = profiles.find(actor(), number)
    with change():
        returned_mails.confirm(actor=actor(), user=or_not_found(users.lock(row.id)))
    flash(_("Mails about tickets go to %(email)s again.", email=row.email), "success")
    return see_other(url_for(".person", number=number))


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
    figures = customers.figures_of_person(actor(), row.id)
    return {
        "person": row,
        "who": who,
        "erased": is_erased(row.email),
        "manages": permissions.can_manage_person(actor(), row),
        "language": language_name(row.locale),
        "organization_url": url_for(".organization", number=format_id(row.organization_id)),
        "local_time": local_time(row.timezone),
        "returned": (back := returned_mails_queries.newest(row.id, row.email)),
        "why_returned": reason_of(back.status) if back else "",
        "total": capped(figures.tickets),
        "ratings": rating_numbers(figures),
        "ways": ways(TicketFilter(requester=who.number)),
        "entries": staff_entries(list(log.rows)) if log else (),
        "log_url": url_for(".person_log", number=who.number) if log else None,
    }
