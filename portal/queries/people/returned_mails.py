"""Mails to a person that came back."""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from portal.extensions import db
from portal.models.delivery import ReturnedMail


def newest(user_id: int, address: str) -> ReturnedMail | None:
    """The last mail to the person that came back from that address."""
    query = select(ReturnedMail).where(_of(user_id, address))
    return db.session.scalar(query.order_by(ReturnedMail.id.desc()).limit(1))


def number_that_count(user_id: int, address: str, since: datetime) -> int:
    """How many mails to that address have said since then that it takes none."""
    query = select(func.count(ReturnedMail.id)).where(
        _of(user_id, address), ReturnedMail.counts, ReturnedMail.created_at > since
    )
    return db.session.scalar(query) or 0


def _of(user_id: int, address: str) -> ColumnElement[bool]:
    return and_(ReturnedMail.user_id == user_id, ReturnedMail.address == address)
