"""The account log: who did what to which account, when and from where. Never a secret."""

from typing import Any

from portal import clock, origin
from portal.extensions import db
from portal.models import AccountEvent, AccountEventKind, Actor, User


def record(
    *, user: User, kind: AccountEventKind, actor: Actor | None = None, **data: Any
) -> AccountEvent:
    """Add a line. `actor` is who did it; None for somebody who was not signed in."""
    address, user_agent, _page = origin.current.get()
    event = AccountEvent(
        user_id=user.id,
        actor_id=actor.id if actor else None,
        kind=kind,
        address=address[:45],
        user_agent=user_agent[:300],
        data=data,
        created_at=clock.now(),
    )
    db.session.add(event)
    return event
