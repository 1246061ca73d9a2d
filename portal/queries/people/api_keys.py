"""Reads of a user's API keys."""

from sqlalchemy import func, select

from portal.extensions import db
from portal.models.people import ApiKey


def list_active(user_id: int) -> list[ApiKey]:
    """The user's keys that are not revoked, newest first; expired ones included."""
    query = select(ApiKey).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    return list(db.session.scalars(query.order_by(ApiKey.id.desc())))


def count(user_id: int) -> int:
    """Number of keys that `list_active` would return."""
    query = select(func.count()).where(ApiKey.user_id == user_id, ApiKey.revoked_at.is_(None))
    return db.session.scalar(query) or 0


def find(user_id: int, key_id: int) -> ApiKey | None:
    """A key of that user, revoked or not."""
    query = select(ApiKey).where(ApiKey.id == key_id, ApiKey.user_id == user_id)
    return db.session.scalar(query)
