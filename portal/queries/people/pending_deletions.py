"""Accounts that wait for their deletion: they do not count as the last owner or admin."""

from collections.abc import Collection

from sqlalchemy import select

from portal.extensions import db
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState


def with_pending_deletion(user_ids: Collection[int]) -> set[int]:
    """Those of `user_ids` that have requested their deletion."""
    query = select(PrivacyRequest.user_id).where(
        PrivacyRequest.user_id.in_(user_ids),
        PrivacyRequest.kind == PrivacyKind.DELETION,
        PrivacyRequest.state == PrivacyState.WAITING,
    )
    return set(db.session.scalars(query))
