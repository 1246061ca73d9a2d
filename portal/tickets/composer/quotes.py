"""A message as a quotation in the composer.

Scripts put it where the cursor stands; without them an address shows the composer with it. Nothing
of a note among staff gets into an answer: it makes a note of an empty composer, and is refused
where an answer is being written.
"""

from flask import Response, flash

from portal.errors import NotFound
from portal.i18n import gettext as _
from portal.models.people.person import name_of
from portal.models.tickets import Ticket
from portal.queries.paging import AnyRow
from portal.queries.tickets import participants, timeline
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.tickets.comments import MAX_MESSAGE
from portal.tickets import bp
from portal.tickets.forms import CommentForm
from portal.web.people.sessions import actor

# Of more nobody reads what stands below.
_MAX_QUOTED = 4000


@bp.get("/<number>/messages/<id:comment_id>/quote")
def quote(number: str, comment_id: int) -> Response:
    """The quotation, as text."""
    ticket = ticket_queries.find(actor(), number)
    permissions.require(participants.may_answer(actor(), ticket))
    return Response(_quotation(_message(ticket, comment_id)), mimetype="text/plain")


def quoted_in(form: CommentForm | None, ticket: Ticket, comment_id: int) -> CommentForm:
    """What stands in the composer already, with the message as a quotation below it."""
    form = form or CommentForm(formdata=None)
    if not participants.may_answer(actor(), ticket) or ticket.is_closed:
        return form
    row, begun = _message(ticket, comment_id), form.message.data or ""
    if row.internal and begun and not form.internal.data:
        flash(_("Notes among staff are quoted in notes alone."), "warning")
        return form
    form.internal.data = form.internal.data if begun else row.internal
    quoted = _quotation(row)
    joined = f"{begun}\n\n{quoted}" if begun else quoted
    form.message.data = joined if len(joined) <= MAX_MESSAGE else begun
    return form


def _message(ticket: Ticket, comment_id: int) -> AnyRow:
    row = timeline.message(actor(), ticket.id, comment_id)
    if row is None:
        raise NotFound
    return row


def _quotation(row: AnyRow) -> str:
    """Who wrote it, and each line behind a mark."""
    words = row.message[:_MAX_QUOTED] + ("…" if len(row.message) > _MAX_QUOTED else "")
    lines = [_("%(name)s wrote:", name=name_of(row)), "", *words.splitlines()]
    return "".join(f"> {line}".rstrip() + "\n" for line in lines) + "\n"
