"""Organizations as staff see them: for nobody else there are any but their own."""

from sqlalchemy import func, select

from portal.errors import NotFound, or_not_found
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.organizations.organization import parse_id
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.queries.paging import AnyRow, Page, make_page, newest_page
from portal.security import permissions

MEMBERS_PAGE = 30
PAGE = 50


def find(actor: Actor, number: str) -> AnyRow:
    """The organization of that number. Raises NotFound, but for staff whichever it is.

    Row: id, name, personal, created_at.
    """
    organization_id = parse_id(number)
    if not permissions.can_read_people(actor) or organization_id is None:
        raise NotFound
    query = select(
        Organization.id, Organization.name, Organization.personal, Organization.created_at
    )
    found = db.session.execute(query.where(Organization.id == organization_id))
    return or_not_found(found.first())


def members(organization_id: int, *, cursor: int | None = None) -> Page[AnyRow]:
    """Members with what they are reached by, oldest accounts first.

    The caller knows that the reader sees the organization.
    """
    query = (
        select(User.id, *Person.columns(User), User.phone, User.organization_role, User.is_active)
        .where(User.organization_id == organization_id)
        .order_by(User.id)
        .limit(MEMBERS_PAGE + 1)
    )
    if cursor is not None:
        query = query.where(User.id > cursor)
    rows = list(db.session.execute(query))
    return make_page(rows, MEMBERS_PAGE, lambda row: str(row.id))


def page(
    actor: Actor,
    *,
    q: str = "",
    plan: str | None = None,
    active: bool | None = None,
    cursor: int | None = None,
) -> Page[AnyRow]:
    """Companies, whose names begin with `q`, newest first; for who manages people."""
    permissions.require(permissions.can_manage_people(actor))
    query = select(
        Organization.id,
        Organization.name,
        Organization.plan,
        Organization.is_active,
        Organization.created_at,
    ).where(Organization.personal.is_(False))
    if q:
        named = func.lower(Organization.name).startswith(q.lower(), autoescape=True)
        query = query.where(named)
    if plan is not None:
        query = query.where(Organization.plan == plan)
    if active is not None:
        query = query.where(Organization.is_active.is_(active))
    return newest_page(query, Organization.id, before=cursor, size=PAGE)
