"""Reads of the account log."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from portal.extensions import db
from portal.models.people import AccountEvent, AccountEventKind, User
from portal.models.people.person import Person
from portal.queries.paging import AnySelect, Page, newest_page

PAGE = 50
_Actor = aliased(User)


def page(
    *,
    user_id: int | None = None,
    kind: AccountEventKind | None = None,
    cursor: int | None = None,
) -> Page[Row[Any]]:
    """Events with the names of account and actor, newest first."""
    query = _events()
    if user_id is not None:
        query = query.where(AccountEvent.user_id == user_id)
    if kind is not None:
        query = query.where(AccountEvent.kind == kind)
    return newest_page(query, AccountEvent.id, before=cursor, size=PAGE)


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
