"""Records account events: who did what, when and from where. Never a secret."""

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
    """Add an event. `actor` is None for somebody who was not signed in."""
    return _added(user.id, kind, actor, data)


def record_failed_sign_in(user_id: int | None, *, step: str) -> None:
    """Add a failed sign-in; `user_id` is None for an address without an account."""
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
    """Delete those of the oldest `limit` sign-in events of each kind that are before `before`.

    The newest event of all stays: SQLite would reuse its id, which the audit log refers to.
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
