"""Reads of the row that identifies this installation."""

from itertools import chain

from sqlalchemy import inspect, select

from portal.extensions import db
from portal.models.operations import Desk, TableExport
from portal.models.privacy import PrivacyRequest
from portal.models.tickets import Attachment

# Enough that some exist even if others were lost.
_SAMPLE = 200


def find(*, lock: bool = False) -> Desk | None:
    """The row; None where the schema is older than it."""
    if not inspect(db.session.connection()).has_table(Desk.__tablename__):
        return None
    query = select(Desk)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(query)


def first_answer_seconds() -> int | None:
    """How soon the desk usually answers; None where that is not known."""
    return db.session.scalar(select(Desk.first_answer_seconds))


def newest_files() -> list[str]:
    """Storage keys of the newest files of each kind."""
    kinds = (
        (Attachment.storage_key, Attachment.id),
        (PrivacyRequest.storage_key, PrivacyRequest.id),
        (TableExport.storage_key, TableExport.id),
    )
    found = (
        db.session.scalars(
            select(key).where(key.is_not(None)).order_by(number.desc()).limit(_SAMPLE)
        )
        for key, number in kinds
    )
    return [key for key in chain.from_iterable(found) if key is not None]
