"""Moving what is encrypted to the first key of ENCRYPTION_MASTER_KEY, a batch at a time."""

from typing import Any, NamedTuple

from sqlalchemy import Column, Table, func, select, update

from portal.errors import NotConfigured
from portal.extensions import db
from portal.models.annotations import Encrypted, columns_of
from portal.security import encryption


class EncryptedColumn(NamedTuple):
    """A column that holds encrypted text, and what people call it."""

    name: str
    table: Table
    column: Column[Any]


def encrypted_columns() -> list[EncryptedColumn]:
    """All there are, from the schema."""
    return [
        EncryptedColumn(kind.what, table, column) for table, column, kind in columns_of(Encrypted)
    ]


def count(place: EncryptedColumn) -> int:
    """How many texts there are to move."""
    query = select(func.count()).select_from(place.table)
    return db.session.scalar(query.where(place.column.is_not(None))) or 0


def rotate(place: EncryptedColumn, *, after: int, limit: int) -> tuple[list[int], list[int]]:
    """Re-encrypt up to `limit` texts whose row's id is above `after`.

    Answers the ids that were looked at and, of these, the ids whose text no key opens: those stay
    as they are. Moving a text that is under the first key already does no harm.
    """
    key, column = place.table.c.id, place.column
    # The column alone: what else stands in a row may be broken, and is not asked for.
    query = select(key, column).where(key > after, column.is_not(None)).order_by(key).limit(limit)
    rows = db.session.execute(query.with_for_update()).all()
    lost = []
    for row_id, secret in rows:
        try:
            moved = encryption.rotate(secret)
        except NotConfigured:
            lost.append(row_id)
            continue
        db.session.execute(update(place.table).where(key == row_id).values({column: moved}))
    return [row_id for row_id, _secret in rows], lost
