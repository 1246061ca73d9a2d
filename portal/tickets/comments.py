"""Post a comment or an internal note."""

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Invalid, Stale
from portal.extensions import db
from portal.i18n import gettext as _
from portal.models.tickets import Ticket, TicketStatus
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.tickets import comments as comment_services
from portal.services.tickets import drafts, reads
from portal.tickets import bp
from portal.tickets.forms import CommentForm, draft_version
from portal.tickets.mail_lines import recipients
from portal.tickets.presenters import newer_comments
from portal.tickets.properties import status_text
from portal.tickets.thread import after_change, context, version_seen
from portal.web.files import uploads
from portal.web.fragments import page_or_fragment, say
from portal.web.middleware.request_limits import takes_files
from portal.web.people.sessions import actor, begin_change
from portal.web.rate_limits.limit_keys import by_actor, is_staff
from portal.web.rate_limits.limits import limited_by, writing_limits


@bp.post("/<number>/comments")
@limited_by(writing_limits(by_actor, is_staff))
@takes_files
def comment(number: str) -> AnyResponse | str:
    """Post it, unless somebody else has commented since the writer loaded the page."""
    ticket = ticket_queries.find(actor(), number)
    permissions.require(permissions.can_comment(actor(), ticket))
    form = CommentForm()
    if not form.validate():
        return _form_response(ticket, form, 422)
    stored = uploads.store()
    comment_services.prerender_answer(
        actor=actor(), message=form.message.data, internal=form.internal.data, uploads=stored
    )
    status = _status(form)
    begin_change()
    ticket = ticket_queries.find(actor(), number, lock=True)
    try:
        posted = comment_services.post(
            actor=actor(),
            ticket=ticket,
            message=form.message.data,
            internal=form.internal.data,
            uploads=stored,
            seen_version=_version(form),
            status=status,
        )
        if actor().is_staff:  # who answers has read what stands above
            reads.mark_read(actor=actor(), ticket_id=ticket.id, comment_id=posted.id)
        drafts.delete_sent(
            actor=actor(),
            ticket=ticket,
            message=form.message.data,
            seen_version=draft_version(form),
        )
    except Stale as stale:
        db.session.rollback()
        return _show_newer_comments(ticket_queries.find(actor(), number), form, stale)
    db.session.commit()
    say(_sent_text(ticket, internal=form.internal.data), status and status_text(status))
    return after_change(ticket, "tickets/replied.hx.html")


def _sent_text(ticket: Ticket, *, internal: bool) -> str:
    if internal:
        return _("Note added.")
    if not actor().is_staff or actor().id == ticket.requester_id:
        return _("Sent.")
    [requester] = recipients(actor(), ticket, internal=False)
    if not requester.reason:
        return _("Sent to %(name)s.", name=requester.name)
    sentence = _("No mail goes to %(name)s: %(reason)s.", **requester._asdict())
    return " ".join((_("Answer added."), sentence))


def _show_newer_comments(ticket: Ticket, form: CommentForm, stale: Stale) -> Response:
    """Show what was missed, with the text kept; posting again means that it was read."""
    since = int(str(stale.details["since"]))
    newer = newer_comments(actor(), ticket, since)
    form.version.data = version_seen(ticket)
    return _form_response(ticket, form, 409, newer=newer)


def _form_response(ticket: Ticket, form: CommentForm, status: int, **changes: object) -> Response:
    return page_or_fragment(
        "tickets/show.html",
        "tickets/_reply_form.html",
        status=status,
        **context(ticket, form, **changes),
    )


def _version(form: CommentForm) -> int | None:
    text = form.version.data or ""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Invalid(version="unknown")
    return int(text)


def _status(form: CommentForm) -> TicketStatus | None:
    try:
        return TicketStatus(form.status.data) if form.status.data else None
    except ValueError:
        raise Invalid(status="unknown") from None
