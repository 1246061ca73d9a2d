"""Sizes of what is stored, as far as they are known without counting rows."""

from typing import NamedTuple

from sqlalchemy import func, select, text

from portal.extensions import db
from portal.models.operations import StoredShard


class DatabaseFacts(NamedTuple):
    """`size` in bytes."""

    name: str
    version: str
    size: int


class StoreFacts(NamedTuple):
    """Of the file store, in as many of its parts as the sweeps have looked at. `size` in bytes."""

    size: int
    parts: int


def files() -> StoreFacts:
    query = select(func.coalesce(func.sum(StoredShard.bytes), 0), func.count(StoredShard.shard))
    size, parts = db.session.execute(query).one()
    return StoreFacts(int(size), parts)


def database() -> DatabaseFacts:
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        size = connection.scalar(select(func.pg_database_size(func.current_database())))
        version = connection.scalar(text("SHOW server_version"))
        return DatabaseFacts("PostgreSQL", str(version), int(size or 0))
    pages, page = (
        connection.scalar(text(f"PRAGMA {what}")) for what in ("page_count", "page_size")
    )
    version = connection.scalar(text("SELECT sqlite_version()"))
    return DatabaseFacts("SQLite", str(version), int(pages or 0) * int(page or 0))
