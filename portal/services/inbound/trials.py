"""Mails that the desk sends to its own mailboxes: asked for, sent, and recognised on return."""

from sqlalchemy import update

from portal import clock
from portal.bulk_statements import execute_bulk, upsert
from portal.extensions import db
from portal.mail_parsing.parsed import Nature, ParsedMail
from portal.models.inbound import (
    InboundMessage,
    InboundState,
    Mailbox,
    MailTrial,
    Reason,
    Step,
)
from portal.models.people import Actor
from portal.queries.inbound import mailboxes
from portal.security import permissions, trial_mails
from portal.security.trial_mails import TrialToken
from portal.services.inbound import messages

_FAILED = "failed"


def begin(*, actor: Actor | None, mailbox: Mailbox) -> TrialToken:
    """Owe a mail to that mailbox; the former one does not count any more.

    `actor` is None for whoever operates the machine.
    """
    if actor is not None:
        permissions.require(permissions.can_administer(actor))
    token = TrialToken(mailbox.id, clock.now())
    columns = ("asked_at", "left_at", "error", "arrived_at")
    row = {"mailbox_id": mailbox.id, **dict.fromkeys(columns), "asked_at": token.asked_at}
    dialect = db.session.connection().dialect.name
    db.session.execute(upsert(MailTrial, dialect, key=("mailbox_id",), replaced=columns), [row])
    return token


def record_left(token: TrialToken, error: str | None) -> None:
    """It has left, or did not for that reason."""
    values = {"left_at": clock.now()} if error is None else {"error": error[:300]}
    _change(token, **values)


def take(message: InboundMessage, mail: ParsedMail, sender: str) -> bool:
    """Settle a trial that came, or came back; False for any other mail, also a foreign trial."""
    if mail.nature is Nature.BOUNCE:
        return _take_back(message, mail)
    token = trial_mails.read(mail.subject)
    if token is None or not mailboxes.is_own(sender, mailboxes.own_addresses()):
        return False
    arrived_at = message.received_at
    _change(token, arrived_at=arrived_at, error=None)
    seconds = max(0, int((arrived_at - token.asked_at).total_seconds()))
    messages.add_line(message, Step.TRIAL, seconds=seconds)
    messages.settle(message, InboundState.DONE, Reason.TRIAL)
    return True


def _take_back(message: InboundMessage, mail: ParsedMail) -> bool:
    """A server on the way says that a trial did not arrive, or is late."""
    token = next(filter(None, map(trial_mails.read, mail.returned_ids)), None)
    if token is None:
        return False
    failed = next((one for one in mail.failed if one.action == _FAILED), None)
    if failed is not None:
        said = " ".join(f"{failed.status} {failed.diagnostic}".split())
        _change(token, error=f"came back: {said or 'not delivered'}"[:300])
    facts = {"action": failed.action, "status": failed.status} if failed else {"action": ""}
    messages.add_line(message, Step.BOUNCED, **facts)
    messages.settle(message, InboundState.DONE, Reason.TRIAL)
    return True


def _change(token: TrialToken, **values: object) -> None:
    same = (MailTrial.mailbox_id == token.mailbox_id, MailTrial.asked_at == token.asked_at)
    execute_bulk(update(MailTrial).where(*same, MailTrial.arrived_at.is_(None)).values(**values))
