"""Sends a mail to each of the desk's mailboxes, to see whether it comes back.

Recognised when it does by `services.inbound.trials`.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from flask import current_app

from portal.extensions import begin_write, db, setting
from portal.i18n import gettext as _
from portal.mail.failures import DeliveryFailure, ServerFailure
from portal.mail.message import Message
from portal.mail.transport import FolderTransport, Sender, Transport
from portal.mail.trial import Words, compose_trial
from portal.models.inbound import Mailbox
from portal.models.people import Actor
from portal.queries.inbound import mailboxes
from portal.security import trial_mails
from portal.security.trial_mails import TrialToken
from portal.services.delivery.outbox import new_message_id
from portal.services.inbound import trials
from portal.services.inbound.mailboxes import find_or_default

# For one mail, and for all of them: somebody waits for the page.
_SECONDS, _TOTAL_SECONDS = 10.0, 20.0
_NO_TIME = "the mail server takes too long"
# Of one press of a button; a desk has a few.
_MOST = 20
_NO_SERVER = "MAIL_URL names no mail server"


class Trial(NamedTuple):
    """A mail to a mailbox; `error` is why it did not leave."""

    address: str
    token: TrialToken
    error: str | None = None


def send_trials(
    actor: Actor | None = None, begin: Callable[[], object] = begin_write
) -> list[Trial]:
    """Send one to each active mailbox, and commit. `begin` is as for `receive`."""
    begin()
    asked = [
        Trial(mailbox.address, trials.begin(actor=actor, mailbox=mailbox))
        for mailbox in _mailboxes()
    ]
    db.session.commit()
    sent = _send_all(asked)
    begin_write()
    for trial in sent:
        trials.record_left(trial.token, trial.error)
    db.session.commit()
    return sent


def _mailboxes() -> list[Mailbox]:
    """Those in use; the first one is made by a desk that has none yet, as by its first mail."""
    if not mailboxes.listed():
        return [find_or_default(())]
    return mailboxes.active()[:_MOST]


def _send_all(asked: list[Trial]) -> list[Trial]:
    transport: Transport = current_app.extensions["lodge.mail"]
    if isinstance(transport, FolderTransport):
        return [trial._replace(error=_NO_SERVER) for trial in asked]
    sent: list[Trial] = []
    away: str | None = None
    until = time.monotonic() + _TOTAL_SECONDS
    with transport.open() as sender:
        for trial in asked:
            if away is None and time.monotonic() > until:
                away = _NO_TIME
            # A server that is away is away for all of them.
            error, away = (away, away) if away else _send(sender, trial)
            sent.append(trial._replace(error=error))
    return sent


def _send(sender: Sender, trial: Trial) -> tuple[str | None, str | None]:
    """Why it did not leave, and why no other one will."""
    try:
        sender.send(_message(trial), within=_SECONDS)
    except ServerFailure as failure:
        return str(failure), str(failure)
    except (DeliveryFailure, ValueError) as failure:
        return str(failure), None
    return None, None


def _message(trial: Trial) -> Message:
    title, signature = _("Trial of the mail doctor"), trial_mails.sign(trial.token)
    host = new_message_id(setting("BASE_URL")).rpartition("@")[2]
    return compose_trial(
        message_id=f"<{signature}@{host}",
        mail_from=setting("MAIL_FROM"),
        recipient=trial.address,
        name=setting("PRODUCT").name,
        words=Words(
            f"{title} [{signature}]",
            _("The desk has sent this mail to itself. It makes no ticket."),
        ),
    )
