"""Mails of ours that came back: found by their Message-ID, and marked with the reason."""

from portal.extensions import db
from portal.mail_parsing.parsed import FailedDelivery, ParsedMail
from portal.models.delivery import Outbox
from portal.models.inbound import InboundMessage, InboundState, Reason, Step
from portal.models.tickets import TicketEvent
from portal.queries.inbound import threading
from portal.security.addresses import spellings
from portal.services.delivery import outbox
from portal.services.inbound import messages

_FAILED = "failed"


def take(message: InboundMessage, mail: ParsedMail) -> None:
    """Mark what came back; a notification about no mail of ours waits for staff."""
    ours = threading.our_mails((*mail.returned_ids, *mail.references))
    if not ours:
        messages.settle(message, InboundState.SUSPECTED, Reason.BOUNCE)
        return
    for row in ours:
        failed = _about(row, mail)
        if failed is not None and failed.action == _FAILED:
            outbox.mark_returned(row.id, _reason(failed))
        messages.add_line(
            message,
            Step.BOUNCED,
            mail=row.id,
            action=failed.action if failed else "",
            status=failed.status if failed else "",
        )
        message.ticket_id = message.ticket_id or _ticket_id(row)
    messages.settle(message, InboundState.DONE, Reason.BOUNCE)


def _about(row: Outbox, mail: ParsedMail) -> FailedDelivery | None:
    """What is said of the recipient; of a single one also when the mail was forwarded."""
    named = [one for one in mail.failed if row.recipient in spellings(one.recipient)]
    if not named and len(mail.failed) == 1:
        named = list(mail.failed)
    return named[0] if named else None


def _reason(failed: FailedDelivery) -> str:
    said = " ".join(f"{failed.status} {failed.diagnostic}".split())
    return f"came back: {said or 'not delivered'}"[:300]


def _ticket_id(row: Outbox) -> int | None:
    event = db.session.get(TicketEvent, row.event_id) if row.event_id else None
    return event.ticket_id if event else None
