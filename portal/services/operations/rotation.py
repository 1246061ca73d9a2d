"""Re-encrypts secrets with the first key of ENCRYPTION_MASTER_KEY, in batches."""

from typing import Any, NamedTuple

from sqlalchemy import Column, Table, func, select, update

from portal.errors import NotConfigured
from portal.extensions import db
from portal.models.annotations import Encrypted, columns_of
from portal.security import encryption


class EncryptedColumn(NamedTuple):
    """An annotated column of encrypted text; `name` is for operators."""

    name: str
    table: Table
    column: Column[Any]


def encrypted_columns() -> list[EncryptedColumn]:
    return [
        EncryptedColumn(kind.what, table, column) for table, column, kind in columns_of(Encrypted)
    ]


def count(place: EncryptedColumn) -> int:
    """Number of texts in the column."""
    query = select(func.count()).select_from(place.table)
    return db.session.scalar(query.where(place.column.is_not(None))) or 0


def rotate(place: EncryptedColumn, *, after: int, limit: int) -> tuple[list[int], list[int]]:
    """Re-encrypt up to `limit` texts of rows with ids above `after`.

    Returns the ids looked at, and those whose text no key decrypts, which stay unchanged. Texts
    under the first key already may be re-encrypted again.
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
