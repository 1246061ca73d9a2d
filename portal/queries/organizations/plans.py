"""How much of its plan an organization uses. No count reads more rows than the limit and one."""

from typing import Any, NamedTuple

from sqlalchemy import func, literal_column, select

from portal.extensions import db
from portal.models.organizations import Organization, Plan
from portal.models.people import User
from portal.models.tickets import Ticket
from portal.models.tickets.ticket import UNSOLVED
from portal.queries.paging import AnySelect

# Where a plan has no limit: shown as "1000+".
MANY = 1_000


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
    return plan or Plan(name=name, members=None, open_tickets=None)


def find(name: str) -> Plan | None:
    return db.session.get(Plan, name)


def all_plans() -> list[Plan]:
    return list(db.session.scalars(select(Plan)))


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


def _use(rows: Any, most: int | None) -> Use:
    some = rows.limit((MANY if most is None else most) + 1).subquery()
    return Use(db.session.scalar(select(func.count()).select_from(some)) or 0, most)
