"""The account log: who did what to which account, when and from where. Never a secret."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from portal import clock, request_context
from portal.bulk_statements import execute_bulk
from portal.extensions import db
from portal.models.people import AccountEvent, AccountEventKind, Actor, User

_VISITS = tuple(kind for kind in AccountEventKind if kind.spec.visit)


def record(
    *, user: User, kind: AccountEventKind, actor: Actor | None = None, **data: Any
) -> AccountEvent:
    """Add a line. `actor` is who did it; None for somebody who was not signed in."""
    return _added(user.id, kind, actor, data)


def record_failed_sign_in(user_id: int | None, *, step: str) -> None:
    """Add a line about a sign-in in vain; None for an address that nobody has."""
    _added(user_id, AccountEventKind.SIGN_IN_FAILED, None, {"step": step})


def _added(
    user_id: int | None, kind: AccountEventKind, actor: Actor | None, data: dict[str, Any]
) -> AccountEvent:
    address, user_agent, _page = request_context.current.get()
    event = AccountEvent(
        user_id=user_id,
        actor_id=actor.id if actor else None,
        kind=kind,
        address=address[:45],
        user_agent=user_agent[:300],
        data=data,
        created_at=clock.now(),
    )
    db.session.add(event)
    return event


def delete_visits(before: datetime, limit: int) -> None:
    """Remove those of the oldest `limit` lines of each kind of visit that are from before then.

    The newest line of all stays: SQLite would give its id again, and the sealed log knows it.
    """
    newest = select(func.max(AccountEvent.id)).scalar_subquery()
    for kind in _VISITS:
        of_kind = select(AccountEvent.id).where(AccountEvent.kind == kind)
        oldest = of_kind.order_by(AccountEvent.id).limit(limit)
        execute_bulk(
            delete(AccountEvent).where(
                AccountEvent.id.in_(oldest),
                AccountEvent.created_at < before,
                AccountEvent.id < newest,
            )
        )
