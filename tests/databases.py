"""The two databases of the tests, and which test runs on which: made once, emptied between tests.

The rule is in docs/decisions/0038-one-database-where-one-is-enough.md.
"""

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, MetaData, inspect, select, text

from portal import clock
from portal.extensions import db
from tests.servers import create_database, short_folder

NAMES = ("sqlite", "postgresql")
# Of what asks the database through pages and API: what is said to it is tested below them, on both.
ROUTES = ("account", "admin", "api", "auth", "tickets", "web", "webhook_pages")
_USUAL = {
    **dict.fromkeys(ROUTES, ("sqlite",)),
    "architecture": ("postgresql",),
}
_TESTS = Path(__file__).parent
# For route tests of what is only asked there, and differs: filters, orders, locks, transactions.
BOTH = pytest.mark.databases(*NAMES)


@dataclass(frozen=True)
class Database:
    """`name` is the dialect's, `url` as an operator would write it."""

    name: str
    url: str


# Answers the address of PostgreSQL, which is started when somebody wants it.
Cluster = Callable[[], str]
AnotherDatabase = Callable[[], AbstractContextManager[Database]]


def names_for(item: pytest.Item, *, every: bool) -> Sequence[str]:
    """The kinds of database that a test runs on; with `every`, both.

    The mark `databases` says which, else its folder does.
    """
    if every:
        return NAMES
    if mark := item.get_closest_marker("databases"):
        return tuple(mark.args)
    return _USUAL.get(item.path.relative_to(_TESTS).parts[0], NAMES)


def database_of(item: pytest.Item) -> str | None:
    """The kind of database that a collected test runs on, if it asks for one."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("database") if callspec else None


@contextmanager
def create(name: str, cluster: Cluster) -> Iterator[Database]:
    """An empty database of that kind."""
    if name == "postgresql":
        yield Database(name, create_database(cluster(), f"lodge_{secrets.token_hex(4)}"))
        return
    with short_folder("sqlite") as folder:
        yield Database(name, f"sqlite:///{folder}/lodge.sqlite3")


@contextmanager
def copy(of: Database, cluster: Cluster) -> Iterator[Database]:
    """Another database with all that is in `of`, to which nobody may be connected."""
    if of.name == "postgresql":
        name = f"lodge_{secrets.token_hex(4)}"
        yield Database(of.name, create_database(cluster(), name, template=_name(of)))
        return
    with (
        create(of.name, cluster) as made,
        closing(sqlite3.connect(_name(of))) as source,
        closing(sqlite3.connect(_name(made))) as target,
    ):
        source.backup(target)
        target.close()
        yield made


def _name(of: Database) -> str:
    """What the server calls it; SQLite's file."""
    return of.url.removeprefix("sqlite:///") if of.name == "sqlite" else urlsplit(of.url).path[1:]


def everything_stored(app: Flask) -> str:
    """All values of all rows of all tables, as text."""
    with app.app_context():
        connection = db.session.connection()
        tables = db.metadata.sorted_tables
        rows = (row for table in tables for row in connection.execute(select(table)))
        # Without times: their fractions look like codes.
        return "\n".join(str([v for v in row if not isinstance(v, datetime)]) for row in rows)


@contextmanager
def unchanged(app: Flask) -> Iterator[None]:
    """Fails when a row of `app` is another one at the end.

    The clock stands meanwhile: nobody is away so long that their next look is written down.
    """
    with clock.at(clock.now()):
        before = _fingerprints(app)
        yield
        after = _fingerprints(app)
    changed = [table for table, found in before.items() if after[table] != found]
    assert not changed, f"tests that only read have written to {changed}"


def _fingerprints(app: Flask) -> dict[str, int]:
    """Of each table: its rows, in whichever order, as a number."""
    with app.app_context():
        connection = db.session.connection()
        return {
            table.name: hash(tuple(sorted(repr(row) for row in connection.execute(select(table)))))
            for table in db.metadata.sorted_tables
        }


class Cleaner:
    """Empties the tables and resets the ids to 1, in one round trip on PostgreSQL."""

    def __init__(self, engine: Engine, metadata: MetaData) -> None:
        self._engine = engine
        self._statements = [
            f'DELETE FROM "{table.name}"'
            for table in reversed(metadata.sorted_tables)
            if table.name != "desk"
        ]
        # A new desk: its files are nowhere yet.
        self._statements.append(
            "UPDATE desk SET files_since = NULL, settings_version = NULL, setup_hash = NULL"
        )
        with engine.connect() as connection:
            self._statements += _restarts(connection)

    def clean(self) -> None:
        """Take everything away. Fails, rather than waits, when a test left a transaction open."""
        with self._engine.connect().execution_options(lodge_write=True) as connection:
            if self._engine.dialect.name == "postgresql":
                # All is deleted, so nobody has to look for what refers to it: half the time.
                settings = (
                    "SET LOCAL lock_timeout = '60s'",
                    "SET LOCAL session_replication_role = replica",
                )
                script = ";".join([*settings, *self._statements])
                connection.execute(text(script))
            else:
                for statement in self._statements:
                    connection.exec_driver_sql(statement)
            connection.commit()


def _restarts(connection: Connection) -> list[str]:
    """Ids begin at 1 in every test, so that a test can name REQ000001."""
    if connection.dialect.name == "sqlite":
        return ["DELETE FROM sqlite_sequence"]
    names = inspect(connection).get_sequence_names()
    return [f"SELECT setval('\"{name}\"', 1, false)" for name in names]
