"""Who may do what, in one table of functions. Deny by default: a rule that is not here is no.

What a person may *see* is `queries.tickets.tickets.visible_to`; these rules are asked about what is
seen.
"""

from typing import Protocol

from portal.errors import Forbidden
from portal.models.people import Actor, OrganizationRole
from portal.models.tickets import TicketStatus

_MANAGES_TICKETS = {OrganizationRole.OWNER, OrganizationRole.ADMIN}
# Roles in an organization from least to most.
_RANKS = {
    OrganizationRole.VIEWER: 0,
    OrganizationRole.USER: 1,
    OrganizationRole.ADMIN: 2,
    OrganizationRole.OWNER: 3,
}
# What a customer may say of a ticket: it works now; close it for good; it is not solved after all.
CUSTOMER_STATUSES = frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED, TicketStatus.OPEN})


class TicketLike(Protocol):
    """What the rules need to know of a ticket."""

    @property
    def organization_id(self) -> int: ...
    @property
    def requester_id(self) -> int: ...
    @property
    def status(self) -> str: ...


class MemberLike(Protocol):
    """What the rules need to know of somebody in an organization."""

    @property
    def organization_id(self) -> int: ...
    @property
    def organization_role(self) -> str: ...


def require(allowed: bool) -> None:
    """Raise Forbidden unless `allowed`."""
    if not allowed:
        raise Forbidden


def can_file(actor: Actor) -> bool:
    """Everybody who is signed in, except those who were invited to read along."""
    return actor.is_staff or actor.organization_role != OrganizationRole.VIEWER


def can_comment(actor: Actor, ticket: TicketLike) -> bool:
    """Staff, the requester, and those who manage the organization's tickets."""
    if actor.is_staff:
        return True
    if actor.organization_id != ticket.organization_id or not can_file(actor):
        return False
    return actor.id == ticket.requester_id or actor.organization_role in _MANAGES_TICKETS


def can_note(actor: Actor) -> bool:
    """Internal notes are among staff."""
    return actor.is_staff


def can_triage(actor: Actor) -> bool:
    """See the queue; assign, prioritize and tag."""
    return actor.is_staff


def can_set_status(actor: Actor, ticket: TicketLike, status: str) -> bool:
    """Staff any; who may answer may also close and reopen."""
    if actor.is_staff:
        return True
    return status in CUSTOMER_STATUSES and can_comment(actor, ticket)


def can_rate(actor: Actor, ticket: TicketLike) -> bool:
    """The requester alone: neither staff nor colleagues speak for them."""
    return actor.id == ticket.requester_id and can_comment(actor, ticket)


def can_delete(actor: Actor) -> bool:
    """Put a ticket into the trash, and take it out again: the desk's own business."""
    return actor.is_staff


def can_administer(actor: Actor) -> bool:
    """Statistics, users, mail and jobs."""
    return actor.is_admin


def can_rename_organization(actor: Actor) -> bool:
    """Owners alone: the name is what the desk and every member see."""
    return actor.organization_role == OrganizationRole.OWNER


def can_manage_organization(actor: Actor) -> bool:
    """Invite, revoke, keep credentials: owners and administrators."""
    return actor.organization_role in _MANAGES_TICKETS


def can_manage_webhooks(actor: Actor, organization_id: int | None) -> bool:
    """An organization's: its owners and administrators. The desk's own (None): admins."""
    if organization_id is None:
        return can_administer(actor)
    return actor.organization_id == organization_id and can_manage_organization(actor)


def can_grant(actor: Actor, role: str) -> bool:
    """Give a role in the own organization: nobody above the own one."""
    return can_manage_organization(actor) and (
        _RANKS[OrganizationRole(role)] <= _RANKS[OrganizationRole(actor.organization_role)]
    )


def can_manage_member(actor: Actor, member: MemberLike) -> bool:
    """Change somebody's role or remove them: nobody who stands above oneself."""
    return actor.organization_id == member.organization_id and can_grant(
        actor, member.organization_role
    )


def can_join(actor: Actor) -> bool:
    """Accept an invitation: organizations are customers', the staff serve all of them."""
    return not actor.is_staff
