"""`/admin/settings/mail/test`: a mail to oneself, sent at once, with what the server says of it."""

from flask import current_app, flash, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.extensions import setting
from portal.i18n import gettext as _
from portal.mail.failures import DeliveryFailure
from portal.mail.transport import FolderTransport, Transport
from portal.mail.trial import Words, compose_trial
from portal.security import permissions
from portal.services.delivery.outbox import new_message_id
from portal.settings.registry import Group
from portal.web.fragments import see_other
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor

_SECONDS = 20.0


@bp.post("/settings/mail/test")
@permitted(permissions.can_change_settings)
def send_trial() -> Response:
    """To nobody but who asks, so it needs no proof."""
    send_to_oneself(None)
    return see_other(url_for(f".settings_{Group.MAIL}"))


def send_to_oneself(words: Words | None) -> None:
    """Send it at once, and say what the mail server said."""
    transport: Transport = current_app.extensions["lodge.mail"]
    message = compose_trial(
        message_id=new_message_id(setting("BASE_URL")),
        mail_from=setting("MAIL_FROM"),
        recipient=actor().email,
        name=setting("PRODUCT").name,
        words=words,
    )
    try:
        with transport.open() as sender:
            sender.send(message, within=_SECONDS)
    except DeliveryFailure as failure:
        flash(_("It did not leave: %(reason)s", reason=str(failure)), "error")
    else:
        flash(_said(transport), "success")


def _said(transport: Transport) -> str:
    if isinstance(transport, FolderTransport):
        return _("It was written to the folder of mails: no server is named (MAIL_URL).")
    return _("The server has taken it. Look whether it arrives at %(email)s.", email=actor().email)
