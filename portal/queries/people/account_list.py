"""Lists of accounts, for admins."""

from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Role, User
from portal.models.people.person import Person
from portal.queries.paging import AnyRow, Page, newest_page, parse_id_cursor
from portal.queries.people import second_factors, users

PAGE = 50
MAX_QUERY = 200


class AccountState(StrEnum):
    """States of accounts by which the admin's list is filtered."""

    ACTIVE = "active"
    DISABLED = "disabled"
    # Nobody has signed in to it yet.
    UNUSED = "unused"


_STATES: dict[AccountState, ColumnElement[bool]] = {
    AccountState.ACTIVE: User.is_active.is_(True),
    AccountState.DISABLED: User.is_active.is_(False),
    AccountState.UNUSED: User.last_sign_in_at.is_(None),
}


def page(
    *,
    q: str = "",
    role: Role | None = None,
    state: AccountState | None = None,
    organization_id: int | None = None,
    cursor: int | None = None,
) -> Page[AnyRow]:
    """Accounts for the admin's list, newest first.

    `q` is a part of the address or the start of a first or last name.
    """
    query = select(
        User.id,
        *Person.columns(User),
        User.role,
        User.rights,
        User.is_active,
        User.last_sign_in_at,
        second_factors.IS_SET_UP.label("has_second_factor"),
        User.organization_id,
        Organization.name.label("organization_name"),
        Organization.personal.label("organization_personal"),
    ).join(Organization)
    if q:
        query = query.where(_matches(q))
    if role is not None:
        query = query.where(User.role == role)
    if state is not None:
        query = query.where(_STATES[state])
    if organization_id is not None:
        query = query.where(User.organization_id == organization_id)
    return newest_page(query, User.id, before=cursor, size=PAGE)


def details_page(
    *, q: str = "", role: str = "", organization_id: int | None = None, size: int, cursor: str = ""
) -> Page[AnyRow]:
    """Accounts with the columns of `users.details`, newest first, with the filters of `page`."""
    query = users.DETAILS
    if q:
        query = query.where(_matches(q))
    if role:
        query = query.where(User.role == role)
    if organization_id is not None:
        query = query.where(User.organization_id == organization_id)
    execute = db.session.connection().execute
    return newest_page(query, User.id, before=parse_id_cursor(cursor), size=size, execute=execute)


def _matches(q: str) -> ColumnElement[bool]:
    text = q.lower()
    return or_(
        User.email.contains(text, autoescape=True),
        func.lower(User.first_name).startswith(text, autoescape=True),
        func.lower(User.last_name).startswith(text, autoescape=True),
    )
