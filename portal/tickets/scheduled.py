"""Take back an answer that has not left, keep it from leaving, or throw it away."""

from flask import flash
from werkzeug.wrappers import Response

from portal.errors import AlreadySent
from portal.i18n import gettext as _
from portal.queries.tickets import tickets as ticket_queries
from portal.services.tickets import scheduled
from portal.tickets import bp
from portal.tickets.forms import DraftForm
from portal.tickets.properties import changing
from portal.tickets.thread import after_change
from portal.web.fragments import say
from portal.web.middleware.request_limits import takes_files
from portal.web.people.sessions import actor


@bp.post("/<number>/comments/<id:scheduled_id>/undo")
@takes_files
def undo_send(number: str, scheduled_id: int) -> Response | str:
    """Put it back into the composer of its author, beside what stands there in `message`."""
    form = DraftForm()
    form.require_valid()
    try:
        with changing(number) as ticket:
            scheduled.take_back(
                actor=actor(), ticket=ticket, scheduled_id=scheduled_id, written=form.text()
            )
    except AlreadySent:
        return _too_late(number)
    say(_("Taken back: your answer is in the text field again, and nobody was told of it."))
    return after_change(ticket, "tickets/replied.hx.html")


@bp.post("/<number>/comments/<id:scheduled_id>/cancel")
def cancel_send(number: str, scheduled_id: int) -> Response | str:
    """Keep a colleague's answer for later from leaving."""
    try:
        with changing(number) as ticket:
            scheduled.cancel(actor=actor(), ticket=ticket, scheduled_id=scheduled_id)
    except AlreadySent:
        return _too_late(number)
    say(_("It will not leave. Its author can go on with it."))
    return after_change(ticket)


@bp.post("/<number>/comments/<id:scheduled_id>/throw-away")
def throw_away_unsent(number: str, scheduled_id: int) -> Response | str:
    """Delete an answer that did not leave."""
    try:
        with changing(number) as ticket:
            scheduled.throw_away(actor=actor(), ticket=ticket, scheduled_id=scheduled_id)
    except AlreadySent:
        return _too_late(number)
    say(_("Thrown away."))
    return after_change(ticket)


def _too_late(number: str) -> Response | str:
    """The ticket as it is now; what stands in the composer stays there."""
    flash(_("Too late: this answer has left, or was taken back already."), "warning")
    return after_change(ticket_queries.find(actor(), number))
