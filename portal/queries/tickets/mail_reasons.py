"""Why somebody is not mailed about a ticket.

The one answer for whoever announces a mail, schedules it, and sends it.
"""

from portal.models.delivery import ReasonNotToSend
from portal.models.delivery.outbox import MENTIONED
from portal.models.people import User
from portal.models.tickets import Ticket
from portal.queries.tickets.tickets import is_visible
from portal.security.smtp_addresses import is_deliverable


def reason_not_to_mail(
    template: str, reader: User | None, ticket: Ticket, *, sees: bool = False
) -> ReasonNotToSend | None:
    """Why `reader` must not be sent that mail now, or None. The staff mailbox is no reader.

    `sees`: they are known to see the ticket.
    """
    if ticket.deleted_at is not None:
        return ReasonNotToSend.TRASHED
    if reader is None:
        return None
    if not is_deliverable(reader.email):
        return ReasonNotToSend.NO_ADDRESS
    if not reader.is_active:
        return ReasonNotToSend.DISABLED
    if reader.mail_stopped_at is not None:
        return ReasonNotToSend.ADDRESS_FAILS
    if reader.declines(template):
        return ReasonNotToSend.DECLINED
    if template == MENTIONED and not reader.actor.is_staff:
        return ReasonNotToSend.NOT_VISIBLE
    return None if sees or is_visible(reader.actor, ticket) else ReasonNotToSend.NOT_VISIBLE
