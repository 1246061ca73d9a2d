"""What the plan of an organization has room for, and giving it another plan."""

from typing import NamedTuple

from portal.errors import Invalid, NotFound, PlanFull
from portal.extensions import db
from portal.models.organizations import Organization, Plan, PlanName
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.organizations import plans as queries
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.people import account_log

# What a column of integers can hold, rounded.
MAX_LIMIT = 2_000_000_000


class Limits(NamedTuple):
    """The numbers of a plan; None: no limit."""

    members: int | None
    open_tickets: int | None
    file_bytes: int | None
    calls_a_day: int | None


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


def require_room_for_files(organization_id: int, size: int) -> None:
    """Raise PlanFull when files of that size together are more than there is room for.

    For what members send: nobody of the desk is refused.
    """
    plan = queries.plan_of(organization_id)
    if plan.file_bytes is None or not size:
        return
    use = queries.storage(organization_id, plan)
    if use.used + size > plan.file_bytes:
        raise PlanFull(storage=plan.file_bytes, used=use.used)


@sensitive
def set_limits(*, actor: Actor, name: PlanName, limits: Limits) -> bool:
    """Change the numbers of a plan; returns whether any is another.

    What is in use stays, also where it is more: there is no room for anything new then.
    """
    permissions.require(permissions.can_manage_people(actor))
    plan = queries.find(name)
    if plan is None:
        plan = Plan(name=name)
        db.session.add(plan)
    former = Limits(*(getattr(plan, field) for field in Limits._fields))
    if former == limits:
        return False
    for field, most in limits._asdict().items():
        setattr(plan, field, most)
    account_log.record(
        user=db.session.get_one(User, actor.id),
        kind=AccountEventKind.PLAN_LIMITS_CHANGED,
        actor=actor,
        name=name.upper(),
    )
    return True


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
        queries.storage(organization.id, plan),
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
