"""How much of its plan an organization uses. No count reads more rows than the limit and one."""

from typing import Any, NamedTuple

from sqlalchemy import false, func, literal_column, or_, select

from portal.extensions import db
from portal.models.organizations import Organization, OrganizationStorage, Plan, PlanName
from portal.models.people import User
from portal.models.tickets import Ticket
from portal.models.tickets.ticket import UNSOLVED
from portal.queries.paging import AnySelect

# Where a plan has no limit: shown as "1000+".
MANY = 1_000
# Shown as "100+".
OVER = 100


class Use(NamedTuple):
    """Used of one kind; MANY + 1 stands for more than MANY. `most` is None for no limit."""

    used: int
    most: int | None

    @property
    def is_full(self) -> bool:
        return self.most is not None and self.used >= self.most


def plan_of(organization_id: int) -> Plan:
    """The organization's plan; one that has no row has no limits."""
    query = (
        select(Plan, Organization.plan)
        .select_from(Organization)
        .outerjoin(Plan, Plan.name == Organization.plan)
    )
    plan, name = db.session.execute(query.where(Organization.id == organization_id)).one()
    return plan or Plan(name=name)


def find(name: str) -> Plan | None:
    return db.session.get(Plan, name)


def all_plans() -> list[Plan]:
    """From the smallest to the one without limits."""
    order = [str(name) for name in PlanName]
    return sorted(db.session.scalars(select(Plan)), key=lambda plan: order.index(plan.name))


def over_limits(plan: Plan) -> int:
    """How many organizations use more of something than their plan allows; at most OVER."""
    members = (User.organization_id == Organization.id, User.is_active)
    tickets = (Ticket.organization_id == Organization.id, UNSOLVED, Ticket.deleted_at.is_(None))
    stored = select(OrganizationStorage.bytes).where(
        OrganizationStorage.organization_id == Organization.id
    )
    used = (
        (_number(User, *members), plan.members),
        (_number(Ticket, *tickets), plan.open_tickets),
        (stored.scalar_subquery(), plan.file_bytes),
    )
    beyond = [count > most for count, most in used if most is not None]
    query = select(Organization.id).where(Organization.plan == plan.name, or_(false(), *beyond))
    return len(db.session.scalars(query.limit(OVER)).all())


def _number(model: Any, *conditions: Any) -> Any:
    query = select(func.count()).select_from(model).where(*conditions)
    return query.correlate(Organization).scalar_subquery()


def members(organization_id: int, plan: Plan) -> Use:
    """Active members."""
    active = (User.organization_id == organization_id, User.is_active)
    return _use(select(literal_column("1")).select_from(User).where(*active), plan.members)


def open_tickets(organization_id: int, plan: Plan) -> Use:
    """Tickets that are not done, in no trash."""
    unsolved = (
        Ticket.organization_id == organization_id,
        UNSOLVED,
        Ticket.deleted_at.is_(None),
    )
    query: AnySelect = select(literal_column("1")).select_from(Ticket).where(*unsolved)
    return _use(query, plan.open_tickets)


def storage(organization_id: int, plan: Plan) -> Use:
    """Bytes of files on its tickets."""
    mine = OrganizationStorage.organization_id == organization_id
    stored = db.session.scalar(select(OrganizationStorage.bytes).where(mine))
    return Use(stored or 0, plan.file_bytes)


def _use(rows: Any, most: int | None) -> Use:
    some = rows.limit((MANY if most is None else most) + 1).subquery()
    return Use(db.session.scalar(select(func.count()).select_from(some)) or 0, most)
