"""The new database: whether the desk may go there, and what is made before and after the rows.

Foreign keys are left out meanwhile: tables refer to each other in circles, and to themselves.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    Table,
    delete,
    func,
    inspect,
    select,
    text,
    update,
)

from portal import schema
from portal.database_move import MoveError, state
from portal.database_move.addresses import NEW, errors_of
from portal.models.operations import Desk, Heartbeat, ReadOnlyMode
from portal.models.organizations import Plan

_CONSTRAINTS = text(
    """SELECT quote_ident(c.relname), quote_ident(f.conname), pg_get_constraintdef(f.oid)
    FROM pg_constraint AS f JOIN pg_class AS c ON c.oid = f.conrelid
    WHERE f.contype = 'f' AND c.relnamespace = current_schema()::regnamespace"""
)
# What each desk has from its migrations on, and what a probe may have written.
_NO_CONTENT = {model.__tablename__ for model in (Desk, Heartbeat, Plan)}

_NOTES = {model.__tablename__ for model in (ReadOnlyMode, Desk)}


class Move:
    """One move into one database."""

    def __init__(self, engine: Engine, metadata: MetaData, desk: str) -> None:
        self.engine = engine
        self._desk = desk
        # First what keeps others from writing there before all is there.
        first = metadata.tables[ReadOnlyMode.__tablename__]
        others = [table for table in metadata.sorted_tables if table is not first]
        self.tables = [first, *others]

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """One that may write, without foreign keys on SQLite."""
        with (
            errors_of(NEW),
            self.engine.connect().execution_options(lodge_write=True) as connection,
        ):
            driver: Any = connection.connection.dbapi_connection
            if connection.dialect.name == "sqlite":
                driver.execute("PRAGMA foreign_keys = OFF")
            try:
                yield connection
            finally:
                if connection.dialect.name == "sqlite" and not connection.invalidated:
                    driver.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One that only reads."""
        with errors_of(NEW), self.engine.connect() as connection:
            yield connection

    def check(self) -> bool:
        """Whether a move has begun there. Raises MoveError when the desk cannot go there."""
        with self.reading() as connection:
            names = set(inspect(connection).get_table_names())
            if state.TABLE.name in names:
                self._check_begun(connection)
                return True
            if not names:
                return False
            if schema.database_revision(connection) != schema.latest_revision():
                raise MoveError("the new database has tables, and not those of this Lodge")
            found = [t for t in self.tables if t.name in names - _NO_CONTENT]
            if any(connection.execute(select(t).limit(1)).first() for t in found):
                raise MoveError("the new database is not empty: name one that is")
        return False

    def is_finished(self) -> bool:
        """Whether it holds this desk already, and no move is under way."""
        with self.reading() as connection:
            names = set(inspect(connection).get_table_names())
            if state.TABLE.name in names or Desk.__tablename__ not in names:
                return False
            return connection.scalar(select(Desk.key)) == self._desk

    def prepare(self, token: str, upgrade: Callable[[Connection], None]) -> None:
        """Let the schema be there, without rows and foreign keys; all of it or nothing.

        Rows that were copied under another token are of a desk that has changed since: they go.
        """
        with self.connection() as connection, connection.begin():
            without_timeout(connection)
            names = set(inspect(connection).get_table_names())
            if state.TABLE.name in names and state.get(connection, state.TOKEN) == token:
                # They tell of the read-only state, which was begun once more.
                self._empty(connection, [t for t in self.tables if t.name in _NOTES])
                return
            if not names:
                upgrade(connection)
            if state.TABLE.name not in names:
                state.TABLE.create(connection)
            self._drop_foreign_keys(connection)
            self._empty(connection, self.tables)
            state.put(connection, state.DESK, self._desk)
            state.put(connection, state.SCHEMA, schema.latest_revision())
            state.put(connection, state.TOKEN, token)

    def finish(self, counters: dict[str, int]) -> None:
        """Let foreign keys hold and ids go on, after all rows. Raises MoveError."""
        with self.connection() as connection, connection.begin():
            without_timeout(connection)
            if connection.dialect.name == "sqlite":
                _check_foreign_keys(connection)
            for table, name, definition in state.get(connection, state.CONSTRAINTS) or ():
                add = f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
                connection.exec_driver_sql(add)
            state.put(connection, state.CONSTRAINTS, [])
            for one in self.tables:
                _set_counter(connection, one, counters.get(one.name, 0))
            connection.exec_driver_sql("ANALYZE")

    def note_verified(self, token: str) -> None:
        """All rows under that token were compared: only the two notes are left to write."""
        with self.connection() as connection, connection.begin():
            state.put(connection, state.VERIFIED, token)

    def is_verified(self, token: str) -> bool:
        with self.reading() as connection:
            return bool(state.get(connection, state.VERIFIED) == token)

    def open(self) -> None:
        """Let the desk take changes there."""
        with self.connection() as connection, connection.begin():
            connection.execute(delete(ReadOnlyMode))
            connection.execute(update(Desk).values(settings_version=secrets.token_hex(16)))
            state.TABLE.drop(connection)

    def _check_begun(self, connection: Connection) -> None:
        if state.get(connection, state.DESK) != self._desk:
            raise MoveError("another desk is being moved there: name an empty database")
        if state.get(connection, state.SCHEMA) != schema.latest_revision():
            raise MoveError(
                "the move there was begun by another version of Lodge: name an empty database"
            )

    def _drop_foreign_keys(self, connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            return
        dropped = state.get(connection, state.CONSTRAINTS) or []
        for table, name, definition in connection.execute(_CONSTRAINTS).all():
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            dropped.append([table, name, definition])
        state.put(connection, state.CONSTRAINTS, dropped)

    def _empty(self, connection: Connection, tables: Sequence[Table]) -> None:
        for table in tables:
            connection.execute(delete(table))
            connection.execute(
                delete(state.TABLE).where(state.TABLE.c.name == state.of_table(table))
            )


def counters(connection: Connection, tables: Sequence[Table]) -> dict[str, int]:
    """The last id that was given in each table: the row of it may be gone, and no other gets it."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        return {str(name): int(last) for name, last in found}
    made = {}
    for table in tables:
        if (sequence := _sequence(connection, table)) is not None:
            last = f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}"  # noqa: S608
            made[table.name] = int(connection.exec_driver_sql(last).scalar_one())
    return made


def without_timeout(connection: Connection) -> None:
    """Until the end of the transaction a statement may take as long as it needs."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def _set_counter(connection: Connection, table: Table, last: int) -> None:
    key = next(iter(table.primary_key))
    if connection.dialect.name == "sqlite":
        there = text("UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :name")
        done = connection.execute(there, {"last": last, "name": table.name})
        if last and not done.rowcount and table.dialect_options["sqlite"]["autoincrement"]:
            add = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)")
            connection.execute(add, {"name": table.name, "last": last})
    elif (sequence := _sequence(connection, table)) is not None:
        highest = connection.scalar(select(func.max(key))) or 0
        if top := max(last, highest):
            connection.execute(select(func.setval(sequence, top)))


def _sequence(connection: Connection, table: Table) -> str | None:
    """The name of PostgreSQL's sequence for the ids of the table."""
    key = next(iter(table.primary_key))
    found: str | None = connection.scalar(select(func.pg_get_serial_sequence(table.name, key.name)))
    return found


def _check_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise MoveError(
            f"{broken[0]} has a row that refers to one of {broken[2]} that is not there"
        )
