"""The actor's organization, its members and credentials."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from portal.errors import Forbidden, or_not_found
from portal.extensions import db
from portal.models.organizations import Credential, Organization
from portal.models.people import Actor, OrganizationRole, User
from portal.models.people.person import Person, name_of
from portal.queries.paging import AnyRow, Page, make_page, newest_page
from portal.queries.people.pending_deletions import with_pending_deletion
from portal.security import permissions

MEMBERS_PAGE = 50


class CredentialSummary(NamedTuple):
    """A credential without its secret."""

    id: int
    name: str
    updated_at: datetime
    updated_by: str


def own(actor: Actor) -> Organization:
    return db.session.get_one(Organization, actor.organization_id)


def by_id(organization_id: int) -> Organization:
    return db.session.get_one(Organization, organization_id, populate_existing=True)


def lock(organization_id: int) -> Organization:
    """The organization, locked: nobody else changes its members until the transaction ends.

    One lock stands for all members, so there is no lock order to violate.
    """
    query = select(Organization).where(Organization.id == organization_id)
    # Weaker than a plain lock, so that filing a ticket, which refers to the row, does not wait.
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.session.scalars(locked).one()


def lock_own(actor: Actor) -> tuple[Organization, Actor]:
    """The actor's organization, locked, and the actor with the rights read under the lock.

    Raises Forbidden when the actor has left it or was disabled since the request began.
    """
    organization = lock(actor.organization_id)
    user = db.session.get_one(User, actor.id, populate_existing=True)
    if user.organization_id != organization.id or not user.is_active:
        raise Forbidden
    return organization, user.actor


def member(actor: Actor, user_id: int) -> User:
    """A member of the actor's organization. Raises NotFound for anybody else."""
    query = select(User).where(User.id == user_id, User.organization_id == actor.organization_id)
    # Under a lock the row may be newer than the loaded object.
    return or_not_found(db.session.scalar(query.execution_options(populate_existing=True)))


def page(actor: Actor, *, q: str = "", cursor: int | None = None, size: int) -> Page[AnyRow]:
    """Organizations whose names begin with `q`, newest first. Raises Forbidden but for staff.

    Rows: id, name, personal, created_at.
    """
    permissions.require(permissions.can_triage(actor))
    query = select(
        Organization.id,
        Organization.name,
        Organization.personal,
        Organization.plan,
        Organization.is_active,
        Organization.created_at,
    )
    if q:
        named = func.lower(Organization.name).startswith(q.lower(), autoescape=True)
        query = query.where(named)
    return newest_page(query, Organization.id, before=cursor, size=size)


def members(actor: Actor, cursor: int | None = None, *, size: int = MEMBERS_PAGE) -> Page[AnyRow]:
    """Members of the actor's organization, oldest accounts first."""
    query = (
        select(
            User.id,
            *Person.columns(User),
            User.organization_id,
            User.organization_role,
            User.is_active,
        )
        .where(User.organization_id == actor.organization_id)
        .order_by(User.id)
        .limit(size + 1)
    )
    if cursor is not None:
        query = query.where(User.id > cursor)
    return make_page(list(db.session.execute(query)), size, lambda row: str(row.id))


def another_owner_exists(organization_id: int, user_id: int) -> bool:
    """Whether another active owner exists who is not leaving. Call it under the lock."""
    query = select(User.id).where(
        User.organization_id == organization_id,
        User.organization_role == OrganizationRole.OWNER,
        User.is_active,
        User.id != user_id,
    )
    owners = set(db.session.scalars(query))
    return bool(owners - with_pending_deletion(owners))


def names(ids: Collection[int]) -> dict[int, str]:
    """Names by id."""
    if not ids:
        return {}
    query = select(Organization.id, Organization.name).where(Organization.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(query)}


def named(name: str) -> list[int]:
    """Ids of those with that name, in any case; else of those that begin so. Two at most."""
    lower = func.lower(Organization.name)
    exactly = (lower == name.lower()).label("exactly")
    query = select(Organization.id, exactly).where(lower.startswith(name.lower(), autoescape=True))
    found = db.session.execute(query.order_by(exactly.desc(), Organization.id).limit(2)).all()
    return [row.id for row in found if row.exactly] or [row.id for row in found]


def has_others(organization_id: int, user_id: int) -> bool:
    """Whether the organization has another member, active or not."""
    query = select(User.id).where(User.organization_id == organization_id, User.id != user_id)
    return db.session.scalar(query.limit(1)) is not None


def successor(organization_id: int, user_id: int) -> User | None:
    """Another active member with the highest role; of several, the oldest account."""
    found = with_roles(organization_id, *OrganizationRole)
    ranks = list(OrganizationRole)
    others = [user for user in found if user.id != user_id]
    return min(
        others, key=lambda u: ranks.index(OrganizationRole(u.organization_role)), default=None
    )


def with_roles(organization_id: int, *roles: OrganizationRole) -> list[User]:
    """Active members that have one of `roles`."""
    query = select(User).where(
        User.organization_id == organization_id, User.organization_role.in_(roles), User.is_active
    )
    return list(db.session.scalars(query.order_by(User.id)))


def credentials(actor: Actor) -> list[CredentialSummary]:
    """Credentials of the actor's organization, by name."""
    query = (
        select(
            Credential.id,
            Credential.name,
            Credential.updated_at,
            *Person.columns(User),
        )
        .join(User, User.id == Credential.updated_by_id)
        .where(Credential.organization_id == actor.organization_id)
        .order_by(Credential.name)
    )
    return [
        CredentialSummary(row.id, row.name, row.updated_at, name_of(row))
        for row in db.session.execute(query)
    ]
