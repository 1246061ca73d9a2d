"""Post a comment or an internal note."""

from flask import Response, flash, request
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Invalid, Stale
from portal.extensions import db, setting
from portal.i18n import gettext as _
from portal.i18n import long_moment
from portal.models.people import AfterSending
from portal.models.tickets import ScheduledComment, Ticket, TicketStatus
from portal.queries.tickets import participants
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.tickets import comments as comment_services
from portal.services.tickets import drafts, reads, scheduled, unsent
from portal.services.tickets.attachments import Upload
from portal.tickets import bp, trail
from portal.tickets.composer.after_sending import go_on
from portal.tickets.composer.scheduled_entries import newer_scheduled, requester_name, undo_url
from portal.tickets.forms import CommentForm, draft_version, kept_files, scheduled_seen
from portal.tickets.mail_lines import recipients
from portal.tickets.presenters import newer_comments
from portal.tickets.properties import status_text
from portal.tickets.thread import context, version_seen
from portal.web.change import change
from portal.web.files import uploads
from portal.web.fragments import page_or_fragment, say
from portal.web.middleware.request_limits import takes_files
from portal.web.people.sessions import actor, own_user
from portal.web.rate_limits.limit_keys import by_actor, is_staff
from portal.web.rate_limits.limits import limited_by, writing_limits

# Higher than the id of any comment.
_LAST = 2**62


@bp.post("/<number>/comments")
@limited_by(writing_limits(by_actor, is_staff))
@takes_files
def comment(number: str) -> AnyResponse | str:
    """Post it, unless somebody else has commented since the writer loaded the page.

    An answer by staff leaves after a moment, or at the time that they chose.
    """
    ticket = ticket_queries.find(actor(), number)
    permissions.require(participants.may_answer(actor(), ticket))
    form = CommentForm()
    if not form.validate():
        return _form_response(ticket, form, 422)
    stored, kept = uploads.store(), _kept_files()
    (status, then), way = _status(form), trail.of_request(ticket)
    uploads.check_count(len(stored) + len(kept))
    comment_services.prerender_answer(
        actor=actor(), message=form.message.data, internal=form.internal.data, uploads=stored
    )
    try:
        with change(form):
            ticket = ticket_queries.find(actor(), number, lock=True)
            held = _write(ticket, form, stored, kept, status)
    except Stale as stale:
        db.session.rollback()
        return _show_newer_comments(ticket_queries.find(actor(), number), form, stale)
    if form.errors:
        return _form_response(ticket_queries.find(actor(), number), form, 422)
    _say_what_was_done(ticket, form, held, status)
    return go_on(ticket, way, then)


def _write(
    ticket: Ticket,
    form: CommentForm,
    stored: list[Upload],
    kept: list[int],
    status: TicketStatus | None,
) -> ScheduledComment | None:
    """Post the comment, or schedule the answer and return it."""
    if actor().is_staff:
        stored = [*unsent.take_files(actor=actor(), ticket=ticket, ids=kept), *stored]
    held = scheduled.post_or_schedule(
        actor=actor(),
        ticket=ticket,
        message=form.message.data,
        internal=form.internal.data,
        delay=setting("UNDO_SEND"),
        send_at=form.send_at.moment,
        seen_version=_version(form),
        seen_scheduled=scheduled_seen(form),
        uploads=stored,
        status=status,
    )
    if actor().is_staff:  # who answers has read what stands above
        reads.mark_read(actor=actor(), ticket_id=ticket.id, comment_id=_LAST)
    drafts.delete_sent(
        actor=actor(),
        ticket=ticket,
        message=form.message.data,
        seen_version=draft_version(form),
    )
    return held


def _kept_files() -> list[int]:
    """Ids of files that came back with an answer that was taken back."""
    return kept_files(request.form.getlist("kept")) if actor().is_staff else []


def _say_what_was_done(
    ticket: Ticket,
    form: CommentForm,
    held: ScheduledComment | None,
    status: TicketStatus | None,
) -> None:
    if held is None:
        say(_sent_text(ticket, internal=form.internal.data), status and status_text(status))
        return
    name = requester_name(ticket)
    if held.later:
        moment = long_moment(held.due_at)
        said = _("The answer to %(name)s will leave on %(moment)s.", name=name, moment=moment)
        say(said, _unmailed(ticket))
        return
    said = _("The answer to %(name)s is about to leave.", name=name)
    flash(f"{said} {_unmailed(ticket)}".rstrip(), "success")
    flash(undo_url(ticket.number, held.id), "undo-send")


def _sent_text(ticket: Ticket, *, internal: bool) -> str:
    if internal:
        return _("Note added.")
    if not actor().is_staff or actor().id == ticket.requester_id:
        return _("Sent.")
    if reason := _unmailed(ticket):
        return " ".join((_("Answer added."), reason))
    return _("Sent to %(name)s.", name=requester_name(ticket))


def _unmailed(ticket: Ticket) -> str:
    """Who gets no mail of an answer, and why; empty if all do. The page may be older."""
    told = recipients(actor(), ticket, internal=False)
    return " ".join(
        _("No mail goes to %(name)s: %(reason)s.", **one._asdict()) for one in told if one.reason
    )


def _show_newer_comments(ticket: Ticket, form: CommentForm, stale: Stale) -> Response:
    """Show what was missed, with the text kept; posting again means that it was read."""
    since = int(str(stale.details["since"]))
    newer = newer_comments(actor(), ticket, since)
    newer += newer_scheduled(actor(), ticket, after=scheduled_seen(form))
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


def _status(form: CommentForm) -> tuple[TicketStatus | None, AfterSending]:
    """The status to set, and where to go on: as the button says (`solved:next`), or as one chose.

    A note is written while one is at its ticket.
    """
    word, _colon, then = (form.status.data or "").partition(":")
    try:
        status = TicketStatus(word) if word else None
        if then:
            return status, AfterSending(then)
    except ValueError:
        raise Invalid(status="unknown") from None
    if form.internal.data or not actor().is_staff:
        return status, AfterSending.STAY
    return status, AfterSending(own_user().after_sending)
