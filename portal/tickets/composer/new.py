"""`/tickets/new`: file a ticket."""

from collections.abc import Iterator

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.models.tickets import Channel, Priority, Ticket
from portal.queries.operations import desk
from portal.queries.tickets import drafts
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets.drafts import DraftRow
from portal.security import permissions
from portal.security.smtp_addresses import MAX_ADDRESS
from portal.services.delivery import ticket_mails
from portal.services.tickets import comments
from portal.services.tickets import drafts as draft_services
from portal.services.tickets import products as product_services
from portal.services.tickets import tickets as ticket_services
from portal.tickets import bp
from portal.tickets.composer import on_behalf
from portal.tickets.composer.on_behalf import Contact
from portal.tickets.forms import StaffTicketForm, TicketForm, draft_version, ticket_form_of
from portal.tickets.product_choice import (
    NO_PRODUCTS,
    ProductChoice,
    product_choice,
    product_ids,
)
from portal.web.change import change
from portal.web.files import uploads
from portal.web.fragments import render_read_out, see_other, wants_fragment
from portal.web.middleware.request_limits import takes_files
from portal.web.people.sessions import actor
from portal.web.rate_limits.limit_keys import by_actor, is_staff
from portal.web.rate_limits.limits import limited_by, writing_limits
from portal.web.templating.durations import within


@bp.get("/new")
def new() -> str:
    permissions.require(permissions.can_file(actor()))
    draft = drafts.find(actor(), None)
    kind = form_class()
    form = ticket_form_of(draft, kind) if draft and not draft.discarded else kind()
    if isinstance(form, StaffTicketForm):
        form.requester.data = request.args.get("requester", "")[:MAX_ADDRESS]
    form.products.data = [*request.args.getlist("product"), *request.args.getlist("products")]
    if wants_fragment():
        return _matches(form)
    return page(form, draft)


@bp.post("/new")
@limited_by(writing_limits(by_actor, is_staff))
@takes_files
def file() -> Response | str | tuple[str, int]:
    permissions.require(permissions.can_file(actor()))
    form = form_class()()
    if "look" in request.form:  # for products, without scripts
        return page(form, drafts.find(actor(), None))
    if not form.validate():
        return _refused(form)
    try:
        whose = on_behalf.contact(form) if isinstance(form, StaffTicketForm) else None
        ticket = _file(form, whose)
    except Invalid as invalid:
        form.add_errors(invalid)
        return _refused(form)
    said = on_behalf.filed(ticket, internal=form.internal.data) if whose else _filed(ticket)
    flash(" ".join(said), "success")
    seen = ticket_queries.is_visible(actor(), ticket)
    return see_other(url_for(".show", number=ticket.number) if seen else url_for(".queue"))


def form_class() -> type[TicketForm]:
    return StaffTicketForm if permissions.can_triage(actor()) else TicketForm


def _refused(form: TicketForm) -> tuple[str, int]:
    return page(form, drafts.find(actor(), None)), 422


def page(form: TicketForm, draft: DraftRow | None, preview: str = "") -> str:
    usual = None if permissions.can_triage(actor()) else _usual_answer()
    return render_template(
        "tickets/new.html",
        form=form,
        draft=draft,
        limits=uploads.limits(),
        usual=usual,
        choice=_choice(form),
        preview=preview,
        remark="",
    )


def _choice(form: TicketForm) -> ProductChoice:
    """Staff name products once the ticket is filed: they are its organization's."""
    if permissions.can_triage(actor()):
        return NO_PRODUCTS
    return product_choice(actor(), form.products.data, request.values.get("find", ""))


def _matches(form: TicketForm) -> str:
    choice = _choice(form)
    words = ngettext("%(num)d product fits", "%(num)d products fit", choice.found)
    return render_read_out("tickets/products/_choice.html", words, choice=choice, form=form)


def _usual_answer() -> str | None:
    """How soon the desk usually answers, in words."""
    seconds = desk.first_answer_seconds()
    return None if seconds is None else _("We usually answer %(within)s.", within=within(seconds))


def _filed(ticket: Ticket) -> Iterator[str]:
    yield _("We have it. Your ticket %(number)s is filed.", number=ticket.number)
    if not actor().is_staff and (usual := _usual_answer()):
        yield usual
    receipt, _mailbox = ticket_mails.recipients_of_filing(ticket)
    if not receipt.reason:
        yield _("A receipt goes to %(email)s.", email=actor().email)


def _file(form: TicketForm, whose: Contact | None) -> Ticket:
    stored = uploads.store()
    comments.prerender(form.message.data, subject=form.subject.data, uploads=stored)
    with change():
        draft_services.delete_sent(
            actor=actor(),
            ticket=None,
            message=form.message.data,
            seen_version=draft_version(form),
        )
        if whose is not None and isinstance(form, StaffTicketForm):
            return on_behalf.file(form, whose, stored)
        ids = product_ids(form.products.data)
        ticket = ticket_services.file(
            actor=actor(),
            subject=form.subject.data,
            message=form.message.data,
            priority=Priority.from_word(form.priority.data),
            channel=Channel.PAGE,
            uploads=stored,
            department=form.chosen_department,
            type=form.chosen_type,
        )
        product_services.name_first(actor=actor(), ticket=ticket, ids=ids)
        return ticket
