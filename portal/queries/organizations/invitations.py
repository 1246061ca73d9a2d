"""Finding invitations, and whether they stand: the right to invite is that of now, not of then."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.organizations import Invitation, Organization
from portal.models.people import Actor, User
from portal.security import permissions


@dataclass(frozen=True, slots=True)
class InvitationDetails:
    """An invitation with who invites where."""

    invitation: Invitation
    organization: Organization
    inviter: User

    @property
    def is_acceptable(self) -> bool:
        """Whether it can be accepted now.

        Not when it was used, revoked or is too old, nor when whoever sent it may not give that
        role any more: who was removed leaves no door open behind.
        """
        row, inviter = self.invitation, self.inviter
        if row.accepted_at or row.revoked_at or row.expires_at <= clock.now():
            return False
        member = inviter.is_active and inviter.organization_id == row.organization_id
        return member and permissions.can_grant(inviter.actor, row.role)


_DETAILS = (
    select(Invitation, Organization, User)
    .join(Organization, Organization.id == Invitation.organization_id)
    .join(User, User.id == Invitation.invited_by_id)
    # What a decision rests on is read again, whatever the session knows already.
    .execution_options(populate_existing=True)
)


def find(invitation_id: int) -> InvitationDetails | None:
    """The invitation of that id, whether it stands or not."""
    row = db.session.execute(_DETAILS.where(Invitation.id == invitation_id)).one_or_none()
    return None if row is None else InvitationDetails(*row)


def inviters_since(moment: datetime, organization_id: int) -> list[int]:
    """Who has sent each of the organization's invitations since then, whatever became of them."""
    query = select(Invitation.invited_by_id).where(
        Invitation.organization_id == organization_id, Invitation.created_at > moment
    )
    return list(db.session.scalars(query))


def list_acceptable(actor: Actor) -> list[InvitationDetails]:
    """The invitations of `actor`'s organization that can be accepted, newest first."""
    query = _DETAILS.where(
        Invitation.organization_id == actor.organization_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > clock.now(),
    ).order_by(Invitation.id.desc())
    offers = (InvitationDetails(*row) for row in db.session.execute(query))
    return [found for found in offers if found.is_acceptable]
