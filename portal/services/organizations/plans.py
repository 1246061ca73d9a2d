"""What the plan of an organization has room for, and giving it another plan."""

from portal.errors import Invalid, NotFound, PlanFull
from portal.extensions import db
from portal.models.organizations import Organization, PlanName
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.organizations import plans as queries
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.people import account_log


def require_room_for_member(organization_id: int, *, invited: int = 0) -> None:
    """Raise PlanFull when there are as many members, and `invited` ones, as the plan allows."""
    plan = queries.plan_of(organization_id)
    if plan.members is None:
        return
    if queries.members(organization_id, plan).used + invited >= plan.members:
        raise PlanFull(members=plan.members)


def require_room_for_ticket(organization_id: int) -> None:
    """Raise PlanFull when there are as many open tickets as the plan allows."""
    plan = queries.plan_of(organization_id)
    if plan.open_tickets is None:
        return
    if queries.open_tickets(organization_id, plan).is_full:
        raise PlanFull(tickets=plan.open_tickets)


@sensitive
def set_plan(*, actor: Actor, organization: Organization, name: PlanName) -> bool:
    """Give a locked organization another plan; returns whether it changed.

    Raises Invalid for a plan with less room than is in use.
    """
    permissions.require(permissions.can_manage_people(actor))
    if organization.plan == name:
        return False
    plan = queries.find(name)
    if plan is None:
        raise NotFound
    for use in (
        queries.members(organization.id, plan),
        queries.open_tickets(organization.id, plan),
    ):
        if use.most is not None and use.used > use.most:
            raise Invalid(plan="plan_too_small")
    organization.plan = name
    account_log.record(
        user=db.session.get_one(User, actor.id),
        kind=AccountEventKind.PLAN_CHANGED,
        actor=actor,
        name=f"{organization.name}: {name.upper()}",
    )
    return True
