"""`/admin/settings/mail/test`: a mail to oneself, sent at once, with what the server says of it."""

from flask import current_app, flash, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.extensions import setting
from portal.mail.transport import Transport
from portal.mail.trial import Words, compose_trial, send
from portal.security import permissions
from portal.services.delivery.outbox import new_message_id
from portal.settings.setting import Group
from portal.web.fragments import see_other
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor


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
    trial = send(transport, message)
    flash(trial.sentence, "success" if trial.left else "error")
