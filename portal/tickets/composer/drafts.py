"""Save, discard and bring back one's own draft: of an answer to a ticket, or of a new ticket.

Scripts save while somebody writes and get the line below the text; without scripts there is a
button, and the page comes back.
"""

from collections.abc import Callable

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.i18n import gettext as _
from portal.models.tickets import Draft, Ticket
from portal.queries.tickets import drafts as draft_queries
from portal.queries.tickets import tickets as ticket_queries
from portal.services.tickets import drafts
from portal.tickets import bp
from portal.tickets.composer.reply_language import remark
from portal.tickets.forms import DraftForm, draft_version
from portal.tickets.thread import context
from portal.web.change import change
from portal.web.fragments import say, see_other, wants_fragment, with_words
from portal.web.middleware.request_limits import takes_files
from portal.web.people.sessions import actor
from portal.web.rate_limits.limit_keys import by_actor
from portal.web.rate_limits.limits import DRAFT, call_limits, limited_by

_limit = limited_by(call_limits(DRAFT, by_actor))


@bp.post("/<number>/draft")
@_limit
@takes_files
def save_draft(number: str) -> Response | str:
    return _save(number)


@bp.post("/new/draft")
@_limit
@takes_files
def save_new_draft() -> Response | str:
    return _save(None)


@bp.post("/<number>/draft/discard")
@_limit
def discard_draft(number: str) -> Response | str:
    return _change(number, drafts.discard)


@bp.post("/new/draft/discard")
@_limit
def discard_new_draft() -> Response | str:
    return _change(None, drafts.discard)


@bp.post("/<number>/draft/restore")
@_limit
def restore_draft(number: str) -> Response | str:
    return _change(number, drafts.bring_back)


@bp.post("/new/draft/restore")
@_limit
def restore_new_draft() -> Response | str:
    return _change(None, drafts.bring_back)


def _save(number: str | None) -> Response | str:
    form = DraftForm()
    form.require_valid()
    with change():
        ticket = _ticket(number)
        seen = draft_version(form)
        drafts.save(actor=actor(), ticket=ticket, text=form.text(), seen_version=seen)
    if wants_fragment():
        draft = draft_queries.find(actor(), ticket.id if ticket else None)
        url = f"{_page_url(ticket)}/draft"
        return render_template(
            "tickets/_draft_state.html",
            draft=draft,
            draft_url=url,
            in_place=ticket is not None,
            remark=remark(actor(), ticket, draft) if ticket else "",
        )
    flash(_("Your draft is saved."), "success")
    if any(file.filename for file in request.files.values()):
        flash(_("Please choose your files again: they were not kept."), "warning")
    return see_other(_page_url(ticket))


def _change(number: str | None, verb: Callable[..., Draft]) -> Response | str:
    with change():
        ticket = _ticket(number)
        draft = verb(actor=actor(), ticket=ticket)
    say(_("Draft thrown away.") if draft.discarded else _("Your text is back."))
    if ticket is not None and wants_fragment():
        return with_words(context(ticket)["reply"])
    return see_other(_page_url(ticket))


def _ticket(number: str | None) -> Ticket | None:
    """The ticket; None for a new one."""
    return None if number is None else ticket_queries.find(actor(), number)


def _page_url(ticket: Ticket | None) -> str:
    if ticket is None:
        return url_for("tickets.new")
    return url_for("tickets.show", number=ticket.number)
