"""Renaming an organization, and changing its members.

Each function locks the organization before it checks rights, so that of two concurrent changes the
second sees the result of the first.
"""

from portal.errors import Invalid, LastOwner
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.organizations import Organization
from portal.models.organizations import organization as model
from portal.models.people import AccountEventKind, Actor, OrganizationRole, User
from portal.queries.organizations import organizations
from portal.security import permissions
from portal.security.people.access import EndReason
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log
from portal.services.people.access import end_access
from portal.services.people.roles import change_role

MAX_NAME = model.MAX_NAME


def rename(*, actor: Actor, name: str) -> Organization:
    """Set the name (cleaned text). A personal organization becomes a shared one."""
    organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_rename_organization(actor))
    if not name:
        raise Invalid(name="required")
    if len(name) > MAX_NAME:
        raise Invalid(name="too_long")
    organization.name = name
    organization.personal = False
    return organization


@sensitive
def set_member_role(*, actor: Actor, member_id: int, role: OrganizationRole) -> bool:
    """Change a member's role, which ends their sessions; returns whether it changed.

    Raises NotFound for others, LastOwner when no owner would be left.
    """
    _organization, actor = organizations.lock_own(actor)
    member = organizations.member(actor, member_id)
    permissions.require(
        permissions.can_manage_member(actor, member) and permissions.can_grant(actor, role)
    )
    if member.organization_role == role:
        return False
    require_owner_stays(member)
    change_role(member, role, actor=actor)
    return True


@sensitive
def remove_member(*, actor: Actor, member_id: int) -> User:
    """Move a member into a personal organization and end all their access.

    Their tickets stay with the organization. Raises NotFound for others, LastOwner.
    """
    organization, actor = organizations.lock_own(actor)
    member = organizations.member(actor, member_id)
    permissions.require(permissions.can_manage_member(actor, member))
    return _move_out(actor, organization, member)


@sensitive
def leave(*, actor: Actor) -> User:
    """Leave the organization. Raises LastOwner."""
    organization, actor = organizations.lock_own(actor)
    return _move_out(actor, organization, organizations.member(actor, actor.id))


def _move_out(actor: Actor, organization: Organization, member: User) -> User:
    require_owner_stays(member)
    move_to_personal_organization(member, name=member.name)
    end_access(member, EndReason.LEFT, actor=actor)
    account_log.record(
        user=member,
        kind=AccountEventKind.LEFT,
        actor=actor,
        organization_id=organization.id,
        name=organization.name,
    )
    mail_notifications.account_notice(member, NoticeKind.LEFT, about=organization.name, by=actor)
    return member


def move_to_personal_organization(member: User, *, name: str) -> None:
    """Put `member` into a new personal organization called `name`."""
    home = Organization.of_person(name)
    db.session.add(home)
    db.session.flush()  # the member needs its id
    member.organization_id = home.id
    member.organization_role = OrganizationRole.OWNER


def require_owner_stays(member: User) -> None:
    """Raise LastOwner if `member` is the only owner."""
    if member.organization_role == OrganizationRole.OWNER and not (
        organizations.another_owner_exists(member.organization_id, member.id)
    ):
        raise LastOwner
