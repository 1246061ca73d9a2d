"""Sends a mail about a ticket again that was given up."""

from portal.errors import or_not_found
from portal.models.delivery import OutboxState
from portal.models.people import Actor
from portal.models.tickets import EventKind, Ticket
from portal.queries.tickets import mails
from portal.security import permissions
from portal.services.delivery import outbox
from portal.services.tickets import events


def send_again(*, actor: Actor, ticket: Ticket, mail_id: int) -> bool:
    """Let a given up mail about `ticket`, which the caller has locked, be tried again.

    False when it is not given up, so that the second of two clicks does nothing. Raises NotFound
    for a mail that is not about the ticket.
    """
    permissions.require(permissions.can_triage(actor))
    mail = or_not_found(mails.find(ticket.id, mail_id))
    if mail.state != OutboxState.PARKED or not outbox.retry(mail.id):
        return False
    events.record(actor=actor, ticket=ticket, kind=EventKind.MAILED_AGAIN)
    return True
