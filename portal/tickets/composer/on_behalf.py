"""Tickets that staff file for somebody who has called, or written elsewhere."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from flask import abort, request

from portal.errors import EmailTaken, Invalid
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.models.tickets import Channel, Priority, Ticket
from portal.queries.tickets import requesters
from portal.queries.tickets.requesters import MAX_QUERY, Match
from portal.security import permissions
from portal.security.addresses import normal_address
from portal.services.delivery import ticket_mails
from portal.services.people import accounts
from portal.services.tickets import tickets
from portal.services.tickets.attachments import Upload
from portal.tickets import bp
from portal.tickets.forms import StaffTicketForm
from portal.tickets.mail_lines import recipient_line
from portal.web.fragments import render_read_out
from portal.web.people.sessions import actor


class Contact(NamedTuple):
    """Whose ticket it is; `name` is what to call them if they are new."""

    email: str
    name: str


@bp.get("/new/requesters")
def find_requesters() -> str:
    """People whose name begins with what was typed, while somebody types it."""
    if not permissions.can_triage(actor()):
        abort(404)
    matches = requesters.matching(request.args.get("requester", "")[:MAX_QUERY])
    words = ngettext("%(num)d person fits", "%(num)d people fit", len(matches))
    return render_read_out("tickets/_requesters.html", words, matches=matches)


def contact(form: StaffTicketForm) -> Contact | None:
    """Who was meant; None for a ticket of one's own.

    Raises Invalid when nobody is, or several may be; `form.matches` then has them.
    """
    typed = form.requester.data
    if not typed:
        return None
    matches = requesters.matching(typed)
    if found := _chosen(matches, form.person.data) or _only(matches, typed):
        return Contact(found.email, "")
    if matches:
        form.matches = matches
        raise Invalid(requester="several")
    if "@" not in typed:
        raise Invalid(requester="nobody")
    try:
        return Contact(normal_address(typed), form.requester_name.data)
    except ValueError as problem:
        raise Invalid(requester=str(problem)) from None


def file(form: StaffTicketForm, whose: Contact, uploads: Sequence[Upload]) -> Ticket:
    """File the ticket, in a write unit. Raises Invalid."""
    try:
        requester = accounts.find_or_add_contact(actor=actor(), **whose._asdict())
    except EmailTaken:
        raise Invalid(requester="held") from None
    return tickets.file_for(
        actor=actor(),
        requester=requester,
        subject=form.subject.data,
        message=form.message.data,
        internal=form.internal.data,
        priority=Priority.from_word(form.priority.data),
        channel=Channel(form.channel.data),
        uploads=uploads,
        department=form.chosen_department,
        type=form.chosen_type,
    )


def filed(ticket: Ticket, *, internal: bool) -> Iterator[str]:
    """What to say of it."""
    receipt, *_others = ticket_mails.recipients_of_filing(ticket)
    name = recipient_line(receipt).name
    yield _("Ticket %(number)s is filed for %(name)s.", number=ticket.number, name=name)
    if internal:
        yield _("They are not told.")
    elif receipt.reason:
        yield _("No mail goes to %(name)s: %(reason)s.", **recipient_line(receipt)._asdict())
    else:
        yield _("A receipt goes to %(email)s.", email=receipt.user and receipt.user.email)


def _only(matches: Sequence[Match], typed: str) -> Match | None:
    """The one who was named in full: by a beginning somebody else may be meant, who is new."""
    if len(matches) != 1 or not requesters.is_in_full(typed, matches[0]):
        return None
    return matches[0]


def _chosen(matches: Sequence[Match], email: str | None) -> Match | None:
    return next((match for match in matches if match.email == email), None)
