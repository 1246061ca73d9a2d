"""Take back an answer that has not left, keep it from leaving, or throw it away."""

from collections.abc import Callable
from functools import partial

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
    back = partial(scheduled.take_back, scheduled_id=scheduled_id, written=form.text())
    said = _("Taken back: your answer is in the text field again, and nobody was told of it.")
    return _unsent(number, back, said, "tickets/replied.hx.html")


@bp.post("/<number>/comments/<id:scheduled_id>/cancel")
def cancel_send(number: str, scheduled_id: int) -> Response | str:
    """Keep a colleague's answer for later from leaving."""
    cancel = partial(scheduled.cancel, scheduled_id=scheduled_id)
    return _unsent(number, cancel, _("It will not leave. Its author can go on with it."))


@bp.post("/<number>/comments/<id:scheduled_id>/throw-away")
def throw_away_unsent(number: str, scheduled_id: int) -> Response | str:
    """Delete an answer that did not leave."""
    throw_away = partial(scheduled.throw_away, scheduled_id=scheduled_id)
    return _unsent(number, throw_away, _("Thrown away."))


def _unsent(
    number: str,
    verb: Callable[..., None],
    said: str,
    template: str = "tickets/changed.hx.html",
) -> Response | str:
    """Do it and say so; when it is too late, show the ticket as it is now.

    What stands in the composer stays there then.
    """
    try:
        with changing(number) as ticket:
            verb(actor=actor(), ticket=ticket)
    except AlreadySent:
        flash(_("Too late: this answer has left, or was taken back already."), "warning")
        return after_change(ticket_queries.find(actor(), number))
    say(said)
    return after_change(ticket, template)
