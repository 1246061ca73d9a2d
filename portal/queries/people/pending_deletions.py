"""Who is about to leave: the rules for the last owner and the last admin do not rely on them."""

from collections.abc import Collection

from sqlalchemy import select

from portal.extensions import db
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState


def with_pending_deletion(user_ids: Collection[int]) -> set[int]:
    """Who of `user_ids` has asked to be deleted: nobody to rely on."""
    query = select(PrivacyRequest.user_id).where(
        PrivacyRequest.user_id.in_(user_ids),
        PrivacyRequest.kind == PrivacyKind.DELETION,
        PrivacyRequest.state == PrivacyState.WAITING,
    )
    return set(db.session.scalars(query))
