"""Sizes of what is stored, as far as they are known without counting rows."""

from typing import NamedTuple

from sqlalchemy import func, select, text

from portal.extensions import db


class DatabaseFacts(NamedTuple):
    """`size` in bytes."""

    name: str
    version: str
    size: int


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
