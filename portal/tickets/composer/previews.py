"""What is being written, as its readers will see it: nothing is sent or kept."""

from flask import Response, render_template
from markupsafe import Markup

from portal.models.tickets import Ticket
from portal.queries.tickets import drafts, participants
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.tickets import comments
from portal.tickets import bp
from portal.tickets.composer import new
from portal.tickets.forms import CommentForm, DraftForm
from portal.tickets.thread import context
from portal.web.fragments import wants_fragment
from portal.web.middleware.request_limits import takes_files
from portal.web.people.sessions import actor
from portal.web.rate_limits.limit_keys import by_actor
from portal.web.rate_limits.limits import DRAFT, call_limits, limited_by

_limit = limited_by(call_limits(DRAFT, by_actor))


@bp.post("/<number>/preview")
@_limit
@takes_files
def preview(number: str) -> str:
    ticket = ticket_queries.find(actor(), number)
    permissions.require(participants.may_answer(actor(), ticket))
    html = _rendered(ticket)
    if wants_fragment():
        return render_template("tickets/_preview.html", preview=html)
    return render_template("tickets/show.html", **context(ticket, CommentForm(), preview=html))


@bp.post("/new/preview")
@_limit
@takes_files
def preview_new() -> Response | str:
    permissions.require(permissions.can_file(actor()))
    html = _rendered(None)
    if wants_fragment():
        return render_template("tickets/_preview.html", preview=html)
    return new.page(new.form_class()(), drafts.find(actor(), None), preview=html)


def _rendered(ticket: Ticket | None) -> Markup:
    """Raises Invalid."""
    form = DraftForm()
    form.require_valid()
    text = form.text()
    html = comments.preview(
        actor=actor(), ticket=ticket, message=text.message, internal=text.internal
    )
    return Markup(html)  # noqa: S704 - sanitized by the renderer
