"""Inviting into an organization, revoking and accepting invitations.

Inviting an address does the same work and sends the same mail whether it has an account: who may
invite must not find out who is registered here.
"""

from datetime import datetime, timedelta
from typing import Unpack

from sqlalchemy import ColumnElement, delete, select, update

from portal import clock
from portal.bulk_statements import changed_one, execute_bulk
from portal.errors import BadLink, EmailTaken, Invalid, MemberElsewhere, NotFound, or_not_found
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.organizations import Invitation, Organization
from portal.models.people import AccountEventKind, Actor, OrganizationRole, TokenPurpose, User
from portal.queries.organizations import invitations, organizations
from portal.queries.organizations.invitations import InvitationDetails
from portal.queries.people import users
from portal.security import permissions
from portal.security.people import tokens
from portal.security.people.access import EndReason
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.organizations import new_members, plans, transfer
from portal.services.people import account_log, accounts
from portal.services.people.access import end_access
from portal.services.people.accounts import AccountFields

PURPOSE = TokenPurpose.INVITATION
LIFETIME = timedelta(days=7)
MAX_OPEN = 20
# Daily limits by age of the account or organization. New ones have lower limits, as an
# invitation is a mail that its recipient has not asked for.
DAILY = ((timedelta(days=1), 10), (timedelta(days=30), 20))
DAILY_LATER = 50
_OPEN = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))


@sensitive
def invite(
    *, actor: Actor, email: str, role: OrganizationRole, wait: timedelta = timedelta(0)
) -> Invitation:
    """Invite the owner of a normalised address as `role`; replaces a former invitation.

    The mail is sent after `wait`. Raises Invalid for a member, above the limits of open and daily
    invitations, and for a personal organization, which has to be named first.
    """
    organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_grant(actor, role))
    if organization.personal:
        raise Invalid(email="unnamed")
    account = users.by_email(email)
    if account is not None and account.organization_id == organization.id:
        raise Invalid(email="member")
    others = [o for o in invitations.list_acceptable(actor) if o.invitation.email != email]
    if len(others) >= MAX_OPEN:
        raise Invalid(email="too_many_invitations")
    plans.require_room_for_member(organization.id, invited=len(others))
    _require_daily_limit(organization, actor)
    _end(Invitation.organization_id == organization.id, Invitation.email == email)
    invitation = _added(organization, actor, email, role)
    schedule_mails(
        Mail(
            template="invitation",
            recipient=email,
            user_id=account.id if account else None,
            data={"invitation": invitation.id},
            wait=wait,
        )
    )
    return invitation


def revoke(*, actor: Actor, invitation_id: int) -> bool:
    """Revoke an invitation; False when it was used or revoked before.

    Raises NotFound for another organization's as for none.
    """
    _organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_manage_organization(actor))
    offer = invitations.find(invitation_id)
    if offer is None or offer.organization.id != actor.organization_id:
        raise NotFound
    permissions.require(permissions.can_grant(actor, offer.invitation.role))
    return _end(Invitation.id == invitation_id)


def find(text: str) -> InvitationDetails:
    """The acceptable invitation of a link's text. Raises BadLink."""
    offer = invitations.find(tokens.find_row(PURPOSE, text, Invitation).id)
    if offer is None or not offer.is_acceptable:
        raise BadLink
    return offer


def accept(*, actor: Actor, text: str) -> User:
    """Join with the account of `actor`; its sessions and keys end.

    The user's own tickets move along. Raises BadLink, Forbidden for an account with another address
    or of staff, MemberElsewhere for a member of a named organization.
    """
    offer = _locked(text)
    user = or_not_found(users.lock(actor.id))
    permissions.require(user.email == offer.invitation.email)
    permissions.require(permissions.can_join(user.actor))
    home = organizations.own(user.actor)
    if not home.personal:
        raise MemberElsewhere
    plans.require_room_for_member(offer.organization.id)
    _use(offer)
    transfer.transfer_tickets(user, source=home, target=offer.organization)
    user.organization_id = offer.organization.id
    user.organization_role = offer.invitation.role
    end_access(user, EndReason.JOINED, actor=actor)
    _joined(user, offer)
    return user


def accept_new(*, text: str, **person: Unpack[AccountFields]) -> User:
    """Open an account for the invited address, in the organization.

    The link proves the address. Raises BadLink, and EmailTaken when it has an account by now.
    """
    offer = _locked(text)
    if users.holder(offer.invitation.email) is not None:
        raise EmailTaken
    _use(offer)
    user = new_members.add_member(
        organization=offer.organization,
        email=offer.invitation.email,
        role=OrganizationRole(offer.invitation.role),
        verified=False,
        **person,
    )
    _joined(user, offer)
    return user


def delete_old(before: datetime, limit: int) -> None:
    """Delete those of the oldest `limit` invitations that expired before `before`."""
    # All are valid equally long, so the oldest ids expired first.
    oldest = select(Invitation.id).order_by(Invitation.id).limit(limit)
    execute_bulk(
        delete(Invitation).where(Invitation.id.in_(oldest), Invitation.expires_at < before)
    )


def _require_daily_limit(organization: Organization, actor: Actor) -> None:
    """Raise Invalid when organization or actor have sent as many as their age allows in a day."""
    today = invitations.inviters_since(clock.now() - timedelta(days=1), organization.id)
    mine = sum(invited_by == actor.id for invited_by in today)
    inviter = db.session.get_one(User, actor.id)
    if len(today) >= _daily(organization.created_at) or mine >= _daily(inviter.created_at):
        raise Invalid(email="invitations_of_a_day")


def _daily(since: datetime) -> int:
    age = clock.now() - since
    return next((most for younger_than, most in DAILY if age < younger_than), DAILY_LATER)


def _locked(text: str) -> InvitationDetails:
    """The invitation, read under the lock of its organization."""
    organizations.lock(find(text).organization.id)
    return find(text)


def _use(offer: InvitationDetails) -> None:
    ours = update(Invitation).where(Invitation.id == offer.invitation.id, *_OPEN)
    if not changed_one(ours.values(accepted_at=clock.now()), follow=True):
        raise BadLink


def _end(*which: ColumnElement[bool]) -> bool:
    ended = update(Invitation).where(*which, *_OPEN).values(revoked_at=clock.now())
    return execute_bulk(ended, follow=True) > 0


def _added(
    organization: Organization, actor: Actor, email: str, role: OrganizationRole
) -> Invitation:
    invitation = Invitation(
        organization_id=organization.id,
        email=email,
        role=role,
        invited_by_id=actor.id,
        expires_at=clock.now() + LIFETIME,
    )
    db.session.add(invitation)
    db.session.flush()  # the link is its id
    inviter = db.session.get_one(User, actor.id)
    account_log.record(
        user=inviter, kind=AccountEventKind.INVITED, actor=actor, email=email, role=str(role)
    )
    for owner in _owners(organization.id):
        if owner.id != actor.id:
            mail_notifications.account_notice(owner, NoticeKind.INVITED, about=email)
    return invitation


def _joined(user: User, offer: InvitationDetails) -> None:
    """Record the new member, mark the address as verified, and notify the owners."""
    accounts.mark_verified(user)
    new_members.record_joining(user, offer.organization, invited_by=offer.inviter.id)
    for owner in _owners(offer.organization.id):
        if owner.id != user.id:
            mail_notifications.account_notice(owner, NoticeKind.JOINED, about=user.email)


def _owners(organization_id: int) -> list[User]:
    return organizations.with_roles(organization_id, OrganizationRole.OWNER)
