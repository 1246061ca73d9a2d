"""Finding invitations. Whether one can be accepted depends on the inviter's current rights."""

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
    """An invitation with its organization and inviter."""

    invitation: Invitation
    organization: Organization
    inviter: User

    @property
    def is_acceptable(self) -> bool:
        """Whether it can be accepted now.

        False when it was used, revoked or has expired, or when its inviter may not grant that role
        any more.
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
    # Decisions depend on these rows, so loaded objects are refreshed.
    .execution_options(populate_existing=True)
)


def find(invitation_id: int) -> InvitationDetails | None:
    """The invitation of that id, acceptable or not."""
    row = db.session.execute(_DETAILS.where(Invitation.id == invitation_id)).one_or_none()
    return None if row is None else InvitationDetails(*row)


def inviters_since(moment: datetime, organization_id: int) -> list[int]:
    """Inviter ids of all invitations of the organization since `moment`, one for each."""
    query = select(Invitation.invited_by_id).where(
        Invitation.organization_id == organization_id, Invitation.created_at > moment
    )
    return list(db.session.scalars(query))


def list_acceptable(actor: Actor) -> list[InvitationDetails]:
    """Acceptable invitations into the actor's organization, newest first."""
    query = _DETAILS.where(
        Invitation.organization_id == actor.organization_id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > clock.now(),
    ).order_by(Invitation.id.desc())
    offers = (InvitationDetails(*row) for row in db.session.execute(query))
    return [found for found in offers if found.is_acceptable]
