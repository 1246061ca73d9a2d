"""Deletes stored files that no row refers to."""

from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from sqlalchemy import select

from portal import clock
from portal.bulk_statements import upsert
from portal.extensions import db
from portal.isolation import attempt_each
from portal.models.annotations import StorageKey, columns_of
from portal.models.operations import StoredShard
from portal.storage import SHARDS, Storage

# Files are stored before their transaction, and no request lasts this long.
GRACE = timedelta(days=1)
_BATCH = 500


class Measured(NamedTuple):
    """What lies in a part of the store."""

    shard: int
    files: int
    bytes: int


def measure(storage: Storage) -> Measured:
    """Look at the part whose turn it is, without a lock."""
    shard = _shard(clock.now())
    return Measured(shard, *storage.measure(shard))


def remember(measured: Measured) -> None:
    """Keep what was seen, for who looks at the page of jobs."""
    connection = db.session.connection()
    statement = upsert(
        StoredShard,
        connection.dialect.name,
        key=("shard",),
        replaced=("files", "bytes", "seen_at"),
    )
    connection.execute(statement, {**measured._asdict(), "seen_at": clock.now()})


def remove_orphans(storage: Storage) -> int:
    """Delete files that no row names, left behind by rollbacks and killed processes.

    Each call looks at one part of the store, the next one a minute later, so the whole store is
    checked within five hours. Returns how many files were deleted.
    """
    moment = clock.now()
    old = storage.keys(_shard(moment), older_than=moment - GRACE)
    removed = 0
    while batch := list(islice(old, _BATCH)):
        orphans = set(batch) - _named(batch)
        attempt_each("file", storage.delete, orphans)
        removed += len(orphans)
    return removed


def _named(keys: list[str]) -> set[str]:
    """Those of `keys` that any row names."""
    queries = (select(c).where(c.in_(keys)) for _table, c, _type in columns_of(StorageKey))
    return {key for query in queries for key in db.session.scalars(query)}


def _shard(moment: datetime) -> int:
    return int(moment.timestamp()) // 60 % SHARDS
