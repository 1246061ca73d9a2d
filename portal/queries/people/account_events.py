"""Whether something happened to an account."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.models.people import AccountEvent, AccountEventKind


def has_event(user_id: int, kinds: Collection[AccountEventKind], *, since: datetime) -> bool:
    """Whether an event of one of `kinds` happened to the account after `since`."""
    query = (
        select(AccountEvent.id)
        .where(
            AccountEvent.user_id == user_id,
            AccountEvent.kind.in_(kinds),
            AccountEvent.created_at > since,
        )
        .limit(1)
    )
    return db.session.scalar(query) is not None
