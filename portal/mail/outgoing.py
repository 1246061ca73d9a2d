"""Outgoing mail: the rows that a mail is composed of, and why it must not be sent."""

from dataclasses import dataclass
from typing import Any, TypeVar

from portal.extensions import db
from portal.models.delivery import Outbox, ReasonNotToSend
from portal.models.delivery.outbox import OF_DESK, OF_ORGANIZATION
from portal.models.people import PendingRegistration, User, UserToken
from portal.models.tickets import Comment, Ticket, TicketEvent
from portal.queries.organizations import invitations
from portal.queries.organizations.invitations import InvitationDetails
from portal.queries.tickets.mail_reasons import reason_not_to_mail
from portal.security import permissions

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail with the rows it is composed of. `reader` is None for the staff mailbox."""

    row: Outbox
    reader: User | None = None
    ticket: Ticket | None = None
    comment: Comment | None = None
    author: User | None = None
    token: UserToken | None = None
    invitation: InvitationDetails | None = None
    registration: PendingRegistration | None = None


def read(outbox_id: int) -> OutgoingMail:
    """Load the mail with the current state of its rows."""
    row = db.session.get_one(Outbox, outbox_id)
    event = _get(TicketEvent, row.event_id)
    return OutgoingMail(
        row=row,
        reader=_get(User, row.user_id),
        ticket=_get(Ticket, event.ticket_id) if event else None,
        comment=_get(Comment, event.comment_id) if event else None,
        author=_get(User, event.actor_id) if event else None,
        token=_get(UserToken, row.data.get("token")),
        invitation=invitations.find(row.data["invitation"]) if "invitation" in row.data else None,
        registration=_get(PendingRegistration, row.data.get("registration")),
    )


def reason_not_to_send(mail: OutgoingMail) -> ReasonNotToSend | None:
    """Why the mail must not be sent any more, or None. Checks the rights of now."""
    if mail.comment is not None and mail.comment.internal:
        return ReasonNotToSend.INTERNAL
    if mail.ticket is not None:
        return reason_not_to_mail(mail.row.template, mail.reader, mail.ticket)
    data = mail.row.data
    if data.get("token") and (mail.token is None or not mail.token.is_usable):
        return ReasonNotToSend.LINK_DEAD
    if "invitation" in data and (mail.invitation is None or not mail.invitation.is_acceptable):
        return ReasonNotToSend.INVITATION_DEAD
    if data.get("asked"):
        return ReasonNotToSend.NOT_ASKED
    if "registration" in data and (mail.registration is None or not mail.registration.is_usable):
        return ReasonNotToSend.REGISTRATION_DEAD
    if mail.reader is None:
        return None
    if not mail.reader.is_active:
        return ReasonNotToSend.DISABLED
    return None if _still_manages(mail.reader, data) else ReasonNotToSend.NOT_MANAGING


def _get(model: type[_Row], key: int | None) -> _Row | None:
    return None if key is None else db.session.get(model, key)


def _still_manages(reader: User, data: dict[str, Any]) -> bool:
    """Whether the reader still manages the organization or desk of a notice."""
    if data.get("kind") in OF_DESK:
        return permissions.can_administer(reader.actor)
    if data.get("kind") not in OF_ORGANIZATION:
        return True
    same = data.get("organization", reader.organization_id) == reader.organization_id
    return same and permissions.can_manage_organization(reader.actor)
