"""Who may do what, in one table of functions. Deny by default: a rule that is not here is no.

What a person may *see* is `queries.tickets.visible_to`; these rules are asked about what is seen.
"""

from typing import Protocol

from portal.errors import Forbidden
from portal.models import Actor, OrganizationRole, TicketStatus

_MANAGES_TICKETS = {OrganizationRole.OWNER, OrganizationRole.ADMIN}
# What a customer may say of a ticket: it works now; close it for good; it is not solved after all.
CUSTOMER_STATUSES = frozenset({TicketStatus.SOLVED, TicketStatus.CLOSED, TicketStatus.OPEN})


class TicketFacts(Protocol):
    """What the rules need to know of a ticket."""

    @property
    def organization_id(self) -> int: ...
    @property
    def requester_id(self) -> int: ...
    @property
    def status(self) -> str: ...


def require(allowed: bool) -> None:
    """Raise Forbidden unless `allowed`."""
    if not allowed:
        raise Forbidden


def can_file(actor: Actor) -> bool:
    """Everybody who is signed in, except those who were invited to read along."""
    return actor.is_staff or actor.organization_role != OrganizationRole.VIEWER


def can_comment(actor: Actor, ticket: TicketFacts) -> bool:
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


def can_set_status(actor: Actor, ticket: TicketFacts, status: str) -> bool:
    """Staff any; who may answer may also close and reopen."""
    if actor.is_staff:
        return True
    return status in CUSTOMER_STATUSES and can_comment(actor, ticket)


def can_administer(actor: Actor) -> bool:
    """Statistics, users, mail and jobs."""
    return actor.is_admin
