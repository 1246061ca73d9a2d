"""Mails of ours that came back: found by their Message-ID, and marked with the reason.

Who has the address is told apart from who wrote the notification: one without a Message-ID of ours
may be anybody's.
"""

from portal.extensions import db
from portal.mail_parsing.parsed import FailedDelivery, ParsedMail
from portal.models.delivery import Outbox
from portal.models.delivery.outbox import REPLY, RETURNED
from portal.models.inbound import InboundMessage, InboundState, Reason, Step
from portal.models.tickets import TicketEvent
from portal.queries.inbound import messages as queries
from portal.queries.inbound import threading
from portal.queries.people import users
from portal.security.addresses import spellings
from portal.services.delivery import outbox
from portal.services.inbound import messages
from portal.services.people import returned_mails
from portal.services.tickets import notifications

_FAILED = "failed"


def take(message: InboundMessage, mail: ParsedMail) -> None:
    """Mark what came back; a notification about no mail of ours waits for staff."""
    ours = threading.our_mails(mail.returned_ids) or _newest_answered(mail)
    if not ours:
        for one in mail.failed:
            _note(one)
        messages.settle(message, InboundState.SUSPECTED, Reason.BOUNCE)
        return
    for row in ours:
        failed = _about(row, mail)
        if failed is not None and failed.action == _FAILED:
            _mark(row, failed)
        messages.add_line(
            message,
            Step.BOUNCED,
            mail=row.id,
            action=failed.action if failed else "",
            status=failed.status if failed else "",
        )
        message.ticket_id = message.ticket_id or _ticket_id(row)
    messages.settle(message, InboundState.DONE, Reason.BOUNCE)


def _newest_answered(mail: ParsedMail) -> list[Outbox]:
    """The mail that the notification answers. What stands before it in the chain has arrived."""
    for one in mail.references:
        if found := threading.our_mails([one]):
            return found
    return []


def _mark(row: Outbox, failed: FailedDelivery) -> None:
    """Park our mail, once; tell who wrote it, and know it of whom it was for."""
    if not outbox.mark_returned(row.id, _reason(failed)):
        return
    if row.user_id is not None:
        returned_mails.record(
            user_id=row.user_id,
            address=row.recipient,
            status=failed.status,
            said=_one_line(failed.diagnostic),
            # Whoever is in copy of an answer knows the Message-IDs of what came before it.
            message_id=""
            if queries.has_written_since(row.user_id, row.created_at)
            else row.message_id,
        )
    event = db.session.get(TicketEvent, row.event_id) if row.event_id else None
    if event is not None and row.template == REPLY:
        notifications.mail_returned(event)


def _note(failed: FailedDelivery) -> None:
    """Know it of whose address is named, though anybody may have written that."""
    user = users.by_typed_email(failed.recipient) if failed.action == _FAILED else None
    if user is not None:
        said = _one_line(failed.diagnostic)
        returned_mails.record(user_id=user.id, address=user.email, status=failed.status, said=said)


def _about(row: Outbox, mail: ParsedMail) -> FailedDelivery | None:
    """What is said of the recipient; of a single one also when the mail was forwarded."""
    named = [one for one in mail.failed if row.recipient in spellings(one.recipient)]
    if not named and len(mail.failed) == 1:
        named = list(mail.failed)
    return named[0] if named else None


def _reason(failed: FailedDelivery) -> str:
    said = _one_line(f"{failed.status} {failed.diagnostic}")
    return f"{RETURNED}{said or 'not delivered'}"[:300]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _ticket_id(row: Outbox) -> int | None:
    event = db.session.get(TicketEvent, row.event_id) if row.event_id else None
    return event.ticket_id if event else None
