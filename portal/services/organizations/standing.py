"""Shutting an organization out, and letting it in again.

Its members cannot sign in and their keys do not work; nothing of theirs is deleted or changed.
"""

from sqlalchemy import select

from portal.errors import Invalid
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.organizations import Organization
from portal.models.people import (
    AccountEventKind,
    Actor,
    OrganizationRole,
    Role,
    User,
)
from portal.queries.organizations import organizations
from portal.security import permissions
from portal.security.people import sessions
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log


@sensitive
def set_active(*, actor: Actor, organization: Organization, active: bool) -> bool:
    """Shut out all members of a locked organization, or let them in; returns whether it changed.

    Raises Invalid for one in which people of the desk are.
    """
    permissions.require(permissions.can_manage_people(actor))
    if organization.is_active == active:
        return False
    members = User.organization_id == organization.id
    if not active and db.session.scalar(
        select(User.id).where(members, User.role != Role.CUSTOMER).limit(1)
    ):
        raise Invalid(active="of_the_desk")
    organization.is_active = active
    if not active:
        # Ends sessions, programs and half-done sign-ins. Keys are asked at each request.
        sessions.end_of_members(organization.id)
    opened = AccountEventKind.ORGANIZATION_OPENED
    account_log.record(
        user=db.session.get_one(User, actor.id),
        kind=opened if active else AccountEventKind.ORGANIZATION_SHUT,
        actor=actor,
        name=organization.name,
    )
    kind = NoticeKind.ORGANIZATION_OPENED if active else NoticeKind.ORGANIZATION_SHUT
    for owner in organizations.with_roles(organization.id, OrganizationRole.OWNER):
        mail_notifications.account_notice(owner, kind, about=organization.name, by=actor)
    return True
