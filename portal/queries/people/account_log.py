"""Reads of the account log."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models.people import AccountEvent, AccountEventKind, Role, User
from portal.models.people.person import Person
from portal.queries.paging import AnySelect, Page, newest_page

PAGE = 50
_INTERNAL = tuple(kind for kind in AccountEventKind if kind.spec.internal)
_VISITS = tuple(kind for kind in AccountEventKind if kind.spec.visit)
_FOR_STAFF = tuple(kind for kind in AccountEventKind if kind.spec.staff)
_Actor = aliased(User)


def page(*, user_id: int, cursor: int | None = None) -> Page[Row[Any]]:
    """Events that the account's owner reads, with the names of account and actor, newest first."""
    query = _events().where(AccountEvent.user_id == user_id, AccountEvent.kind.not_in(_INTERNAL))
    return newest_page(query, AccountEvent.id, before=cursor, size=PAGE)


def latest(user_id: int, *, visits: bool, size: int) -> list[Row[Any]]:
    """The newest events of the account for admins: its visits, or all else."""
    which = AccountEvent.kind.in_(_VISITS) if visits else AccountEvent.kind.not_in(_VISITS)
    query = _events().where(AccountEvent.user_id == user_id, which)
    return list(db.session.execute(query.order_by(AccountEvent.id.desc()).limit(size)))


def staff_page(
    *,
    user_id: int | None = None,
    organization_id: int | None = None,
    cursor: int | None = None,
    size: int = PAGE,
) -> Page[Row[Any]]:
    """The same of what all staff read of an account, or of an organization's customers."""
    query = _events().where(AccountEvent.kind.in_(_FOR_STAFF))
    if user_id is not None:
        query = query.where(AccountEvent.user_id == user_id)
    if organization_id is not None:
        of_customers = User.role == Role.CUSTOMER
        query = query.where(User.organization_id == organization_id, of_customers)
    return newest_page(query, AccountEvent.id, before=cursor, size=size)


def by_ids(ids: Collection[int]) -> dict[int, Row[Any]]:
    """The same rows by id, as far as they exist."""
    rows = db.session.execute(_events().where(AccountEvent.id.in_(ids))) if ids else ()
    return {row.id: row for row in rows}


def _events() -> AnySelect:
    return (
        select(
            AccountEvent.id,
            AccountEvent.user_id,
            AccountEvent.actor_id,
            AccountEvent.kind,
            AccountEvent.address,
            AccountEvent.user_agent,
            AccountEvent.data,
            AccountEvent.created_at,
            *Person.columns(User),
            *Person.columns(_Actor, "actor_"),
        )
        .outerjoin(User, User.id == AccountEvent.user_id)
        .outerjoin(_Actor, _Actor.id == AccountEvent.actor_id)
    )
