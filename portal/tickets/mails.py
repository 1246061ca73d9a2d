"""POST `/tickets/<number>/mails/send-again`: a mail that was given up is tried again."""

from flask import flash, request
from werkzeug.wrappers import Response

from portal.errors import NotFound
from portal.i18n import gettext as _
from portal.services.tickets import mails
from portal.tickets import bp
from portal.tickets.properties import changing
from portal.tickets.thread import after_change
from portal.web.people.sessions import actor


@bp.post("/<number>/mails/send-again")
def send_mail_again(number: str) -> Response | str:
    """`mail` is the id of a mail about the ticket."""
    with changing(number) as ticket:
        again = mails.send_again(actor=actor(), ticket=ticket, mail_id=_mail_id())
    if again:
        flash(_("The mail is on its way again."), "success")
    return after_change(ticket)


def _mail_id() -> int:
    text = request.form.get("mail", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound
    return int(text)
