"""`/admin/mail/<id>/text`: what a mail says that waits, and a ticket made of it."""

from flask import current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.errors import NotFound
from portal.i18n import gettext as _
from portal.mail_parsing import envelope
from portal.models.inbound import InboundMessage
from portal.queries.inbound import messages as queries
from portal.services.inbound import decisions, raw_tickets, texts
from portal.storage import Storage
from portal.web.change import change
from portal.web.forms import Form
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.fields import EmailField
from portal.web.people.sessions import actor

# Beyond it is what a mail brings along.
_MOST_BYTES = 64 * 1024


class RawTicketForm(Form):
    email = EmailField(autocomplete="off")


@bp.get("/mail/<id:message_id>/text")
@confirmed
def inbound_text(message_id: int) -> str:
    """Its text, or its bytes as far as they are text."""
    message = queries.find(message_id)
    raw = _beginning(message)
    if request.method == "GET":
        with change():
            decisions.record_fetch(actor=actor(), message=queries.find(message_id))
    known = {"email": message.sender or envelope.sender(raw)}
    return _page(queries.find(message_id), raw, RawTicketForm(formdata=None, data=known))


@bp.post("/mail/<id:message_id>/text")
@confirmed
def make_ticket_of_mail(message_id: int) -> Response | tuple[str, int]:
    """Write it down as a ticket of whose address is given."""
    message, form = queries.find(message_id), RawTicketForm()
    raw = _beginning(message)
    ticket = None
    if form.validate():
        with change(form):
            message = queries.find(message_id, lock=True)
            ticket = raw_tickets.file(
                actor=actor(), message=message, text=_text(message, raw), email=form.email.data
            )
    if form.errors:
        return _page(queries.find(message_id), raw, form), 422
    if ticket is None:
        flash(_("Nothing was changed: somebody has decided meanwhile."), "warning")
        return see_other(url_for(".inbound_mail", message_id=message_id))
    flash(_("%(number)s is made of it.", number=ticket.number), "success")
    return see_other(url_for("tickets.show", number=ticket.number))


def _beginning(message: InboundMessage) -> bytes:
    """The first bytes. Raises NotFound for a mail that is not kept as it came."""
    if message.storage_key is None:
        raise NotFound
    storage: Storage = current_app.extensions["lodge.storage"]
    with storage.open(message.storage_key) as source:
        return source.read(_MOST_BYTES)


def _text(message: InboundMessage, raw: bytes) -> str:
    return message.preview or texts.of_raw(raw)


def _page(message: InboundMessage, raw: bytes, form: RawTicketForm) -> str:
    return render_template(
        "admin/inbound/message_text.html",
        message=message,
        text=_text(message, raw),
        is_raw=not message.preview,
        waits=message.state in queries.WAITING_FOR_STAFF,
        form=form,
    )
