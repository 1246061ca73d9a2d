"""A ticket of the text of a mail that cannot be read, written down by an administrator."""

from portal.errors import EmailTaken, Invalid
from portal.extensions import db, setting
from portal.i18n import DEFAULT_LOCALE, force_locale, offered_locale
from portal.i18n import gettext as _
from portal.models.inbound import InboundMessage, InboundState, Mailbox, Step
from portal.models.people import Actor, User
from portal.models.tickets import Channel, Ticket
from portal.queries.inbound import mailboxes
from portal.queries.inbound import messages as queries
from portal.queries.people import users
from portal.security import permissions
from portal.services.inbound import messages
from portal.services.organizations import new_members
from portal.services.tickets import tickets


def file(*, actor: Actor, message: InboundMessage, text: str, email: str) -> Ticket | None:
    """A ticket with that text, for the person with that address, who gets an account if need be.

    None for a message that does not wait any more; the caller has locked it. Raises Invalid.
    """
    permissions.require(permissions.can_administer(actor))
    if message.state not in queries.WAITING_FOR_STAFF:
        return None
    mailbox = db.session.get_one(Mailbox, message.mailbox_id)
    requester = users.by_email(email) or _contact(email, mailbox)
    with force_locale(requester.locale):
        subject = message.subject or _("No subject")
        words = text or _("This mail has no text.")
    ticket = tickets.file_for(
        actor=actor,
        requester=requester,
        subject=subject,
        message=words,
        channel=Channel.MAIL,
        department=mailbox.department,
    )
    message.ticket_id, message.user_id = ticket.id, requester.id
    messages.settle(message, InboundState.DONE)
    messages.add_line(message, Step.COPIED, by=actor.id, ticket=ticket.number)
    return ticket


def _contact(email: str, mailbox: Mailbox) -> User:
    if mailboxes.is_own(email, mailboxes.own_addresses()):
        raise Invalid(email="own_address")
    locale = offered_locale(mailbox.language or DEFAULT_LOCALE, setting("LANGUAGES"))
    try:
        return new_members.open_contact(email=email, name="", locale=locale, proven=False)
    except EmailTaken:
        raise Invalid(email="held") from None
