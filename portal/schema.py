"""The revision of the database schema, and the one that this code was written for.

Reads the migration files as text: Alembic is loaded by commands only.
"""

import re
from functools import cache

from sqlalchemy import Connection, inspect, text

from portal.config import ROOT

_FOLDER = ROOT / "migrations" / "versions"
_REVISION = re.compile(r'^revision = "(\w+)"', re.MULTILINE)
_DOWN_REVISION = re.compile(r'^down_revision = "(\w+)"', re.MULTILINE)


def latest_revision() -> str:
    """The newest revision among the migration files."""
    return next(iter(known_revisions() - _superseded()))


@cache
def known_revisions() -> frozenset[str]:
    """All revisions among the migration files."""
    return frozenset(match[1] for text in _sources() for match in _REVISION.finditer(text))


def database_revision(connection: Connection) -> str | None:
    """The revision of the database; None when it has no schema at all."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision


@cache
def _superseded() -> frozenset[str]:
    return frozenset(match[1] for text in _sources() for match in _DOWN_REVISION.finditer(text))


@cache
def _sources() -> tuple[str, ...]:
    return tuple(path.read_text("utf-8") for path in sorted(_FOLDER.glob("*.py")))
