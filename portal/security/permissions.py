"""Permissions, as functions. Whatever no function allows is denied.

What a person may see is `queries.tickets.tickets.visible_to`; these functions are about visible
objects.
"""

from typing import Protocol

from portal.errors import Forbidden
from portal.models.people import Actor, OrganizationRole, Right, Role, Sight
from portal.models.tickets import TicketStatus

_MANAGES_TICKETS = {OrganizationRole.OWNER, OrganizationRole.ADMIN}
# Roles in an organization from least to most.
_RANKS = {
    OrganizationRole.VIEWER: 0,
    OrganizationRole.USER: 1,
    OrganizationRole.ADMIN: 2,
    OrganizationRole.OWNER: 3,
}
# What goes with seeing one's own departments alone.
_WITHIN_DEPARTMENTS = frozenset({Right.TEMPLATES})
# Statuses that customers may set: solve, close, reopen.
CUSTOMER_STATUSES = frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED, TicketStatus.OPEN})


class TicketLike(Protocol):
    """The columns of a ticket that permissions depend on."""

    @property
    def organization_id(self) -> int: ...
    @property
    def requester_id(self) -> int: ...
    @property
    def status(self) -> str: ...


class MemberLike(Protocol):
    """The columns of a member that permissions depend on."""

    @property
    def organization_id(self) -> int: ...
    @property
    def organization_role(self) -> str: ...


class PersonLike(Protocol):
    """The columns of an account that permissions depend on."""

    @property
    def id(self) -> int: ...
    @property
    def role(self) -> str: ...
    @property
    def rights(self) -> str: ...


class ViewLike(Protocol):
    """The columns of a saved view, or reply, that permissions depend on."""

    @property
    def owner_id(self) -> int | None: ...
    @property
    def shared(self) -> bool: ...


def require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden


def can_file(actor: Actor) -> bool:
    """File tickets: everybody but viewers."""
    return actor.is_staff or actor.organization_role != OrganizationRole.VIEWER


def can_comment(actor: Actor, ticket: TicketLike) -> bool:
    """Staff, the requester, and owners and admins of the organization."""
    if actor.is_staff:
        return True
    if actor.organization_id != ticket.organization_id or not can_file(actor):
        return False
    return actor.id == ticket.requester_id or actor.organization_role in _MANAGES_TICKETS


def can_take_part(actor: Actor) -> bool:
    """Answer as a participant of somebody else's ticket: customers, but viewers."""
    return not actor.is_staff and can_file(actor)


def can_add_participant(actor: Actor, ticket: TicketLike) -> bool:
    """Let somebody take part in a ticket: staff, and who may comment without taking part."""
    return can_comment(actor, ticket)


def can_remove_participant(actor: Actor, ticket: TicketLike, user_id: int) -> bool:
    """Those who may add one; participants themselves."""
    return can_add_participant(actor, ticket) or actor.id == user_id


def can_note(actor: Actor) -> bool:
    """Write and read internal notes: staff."""
    return actor.is_staff


def can_be_notified(actor: Actor) -> bool:
    """Be told on pages of what concerns them: staff. Customers are told by mail."""
    return actor.is_staff


def can_ask_model(actor: Actor) -> bool:
    """Have a language model write drafts for tickets: staff."""
    return actor.is_staff


def can_triage(actor: Actor) -> bool:
    """See the queue; assign, prioritize and tag: staff."""
    return actor.is_staff


def can_change_view(actor: Actor, view: ViewLike) -> bool:
    """One's own; shared ones: those who may change templates, too."""
    if not can_triage(actor):
        return False
    return view.owner_id == actor.id or (view.shared and can_change_templates(actor))


def can_change_saved(actor: Actor, reply: ViewLike) -> bool:
    """Saved replies and macros: as views."""
    return can_change_view(actor, reply)


def can_set_status(actor: Actor, ticket: TicketLike, status: str) -> bool:
    """Staff any status; those who may comment may solve, close and reopen."""
    if actor.is_staff:
        return True
    return status in CUSTOMER_STATUSES and can_comment(actor, ticket)


def can_rate(actor: Actor, ticket: TicketLike) -> bool:
    """The requester only."""
    return actor.id == ticket.requester_id and can_comment(actor, ticket)


def can_read_people(actor: Actor) -> bool:
    """See anybody's and any organization's page, tickets and notes: staff."""
    return actor.is_staff


def can_read_account_log(actor: Actor, role: str) -> bool:
    """Read what happened to an account with that platform role: staff; of the staff's, admins."""
    return actor.is_staff and (role == Role.CUSTOMER or actor.is_admin)


def can_note_about(actor: Actor, role: str) -> bool:
    """Write and read notes about somebody with that platform role: staff, about customers."""
    return actor.is_staff and role == Role.CUSTOMER


def can_change_note(actor: Actor, author_id: int) -> bool:
    """Change or delete a note about a customer: its author."""
    return actor.is_staff and actor.id == author_id


def can_delete(actor: Actor) -> bool:
    """Move tickets into the trash and back: staff."""
    return actor.is_staff


def can_administer(actor: Actor) -> bool:
    """Whatever no right below is about, as logs, mail and jobs: admins."""
    return actor.is_admin


def has_right(actor: Actor, right: Right) -> bool:
    """Admins have all; staff those that they were given.

    Who sees their own departments alone has none that shows or governs the whole desk.
    """
    if right is Right.OWN_DEPARTMENTS:
        return actor.sight is Sight.DEPARTMENTS
    if actor.sight is Sight.DEPARTMENTS and right not in _WITHIN_DEPARTMENTS:
        return False
    return actor.is_admin or (actor.is_staff and right in actor.rights.split())


def can_see_statistics(actor: Actor) -> bool:
    return has_right(actor, Right.STATISTICS)


def can_mail_report(actor: Actor, user_id: int) -> bool:
    """Have the statistics mailed: to oneself; admins to others who may see them."""
    return can_see_statistics(actor) and (actor.id == user_id or actor.is_admin)


def can_end_report(actor: Actor, user_id: int) -> bool:
    """Stop the statistics by mail: one's own, whatever one may see by now; admins anybody's."""
    return actor.id == user_id or actor.is_admin


def can_export(actor: Actor) -> bool:
    """Take tickets, people and logs of the whole desk along as files."""
    return has_right(actor, Right.EXPORTS)


def can_manage_people(actor: Actor) -> bool:
    """See and change accounts and organizations; whose, says `can_manage_person`."""
    return has_right(actor, Right.PEOPLE)


def can_manage_person(actor: Actor, person: PersonLike) -> bool:
    """Of the staff only those with no right that the actor lacks; admins only by admins."""
    if not can_manage_people(actor) or actor.is_admin:
        return actor.is_admin
    held = {*actor.rights.split(), Right.OWN_DEPARTMENTS}
    return person.role != Role.ADMIN and set(person.rights.split()) <= held


def can_give_role(actor: Actor, role: str) -> bool:
    """Platform roles: admins any; who manages people makes staff and customers."""
    return can_manage_people(actor) and (actor.is_admin or role != Role.ADMIN)


def can_change_settings(actor: Actor) -> bool:
    return has_right(actor, Right.SETTINGS)


def can_change_templates(actor: Actor) -> bool:
    """Change what others have written for all: texts of mails, shared replies and views."""
    return has_right(actor, Right.TEMPLATES)


def can_change_rights(actor: Actor) -> bool:
    """Give rights to others, and name roles."""
    return has_right(actor, Right.RIGHTS)


def can_give_right(actor: Actor, right: Right) -> bool:
    """Give or take it: whoever has it. What limits is given by who is not limited."""
    limits = right is Right.OWN_DEPARTMENTS
    return can_change_rights(actor) and (limits or has_right(actor, right))


def can_give_rights(actor: Actor, person: PersonLike) -> bool:
    """To colleagues; never to oneself. Which ones, `services.people.rights` asks."""
    may = can_change_rights(actor) and person.role == Role.STAFF
    return may and person.id != actor.id


def can_see_export(actor: Actor, asker_id: int) -> bool:
    """See an export and fetch its file: who asked for it, and admins."""
    return can_export(actor) and (actor.id == asker_id or actor.is_admin)


def can_rename_organization(actor: Actor) -> bool:
    """Owners."""
    return actor.organization_role == OrganizationRole.OWNER


def can_manage_organization(actor: Actor) -> bool:
    """Invite, revoke, store credentials: owners and admins of the organization."""
    return actor.organization_role in _MANAGES_TICKETS


def can_have_products(actor: Actor) -> bool:
    """See what the organization sells: its members, whatever their role."""
    return not actor.is_staff


def can_sync_products(actor: Actor) -> bool:
    """Choose marketplaces, fetch products, say when: owners and admins of the organization."""
    return can_manage_organization(actor)


def can_name_products(actor: Actor, ticket: TicketLike) -> bool:
    """Say which products a ticket is about: who may comment without taking part."""
    return can_comment(actor, ticket)


def can_manage_domains(actor: Actor, organization_id: int) -> bool:
    """Say whose new accounts join it: those who manage it, and who manages people."""
    own = actor.organization_id == organization_id and can_manage_organization(actor)
    return own or can_manage_people(actor)


def can_manage_webhooks(actor: Actor, organization_id: int | None) -> bool:
    """Those who manage the organization; for the desk's own (None) admins."""
    if organization_id is None:
        return can_administer(actor)
    return actor.organization_id == organization_id and can_manage_organization(actor)


def can_grant(actor: Actor, role: str) -> bool:
    """Grant a role in the actor's organization: those who manage it, up to their own role."""
    return can_manage_organization(actor) and (
        _RANKS[OrganizationRole(role)] <= _RANKS[OrganizationRole(actor.organization_role)]
    )


def can_manage_member(actor: Actor, member: MemberLike) -> bool:
    """Change or remove a member: those who may grant the member's role."""
    return actor.organization_id == member.organization_id and can_grant(
        actor, member.organization_role
    )


def can_join(actor: Actor) -> bool:
    """Accept an invitation: customers only."""
    return not actor.is_staff
