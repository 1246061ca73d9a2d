"""Database engines: how connections are made and how transactions begin."""

import time
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from portal.write_gate import GatedConnection, gate_of

# A firewall between us and the database may drop idle connections, some after a minute. A
# connection used more recently counts as alive: a ping costs a round trip.
TRUSTED_IDLE_SECONDS = 30.0


class Borrowed(NamedTuple):
    """An entry of a pool that is in use, without the pool watching over it."""

    pool: Pool
    entry: ConnectionPoolEntry


def prepare_engine(engine: Engine) -> None:
    """Attach the event handlers that a SQLite or PostgreSQL engine needs here."""
    if engine.dialect.name != "sqlite":
        _begin_for_writes_alone(engine)
        _ask_after_idling(engine)
        return
    file = Path(engine.url.database or "").absolute()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _connect_privately(engine, file)
    _configure_connections(engine, file)
    _begin_in_turn(engine)


def read_without_map(engine: Engine) -> None:
    """For processes that read whole tables: what they have read of SQLite's map stays theirs.

    Connections that are made from now on read the file through their cache, as fast.
    """
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def unmap(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA mmap_size = 0")
        cursor.close()


def _connect_privately(engine: Engine, file: Path) -> None:
    """Create the database file readable by its owner alone."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _entry: object, _args: object, how: dict[str, Any]) -> None:
        how["factory"] = GatedConnection
        if not file.exists():
            file.touch(0o600)  # SQLite's own files beside it follow


def _configure_connections(engine: Engine, file: Path) -> None:
    gate = gate_of(file)

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.gate = gate
        # The driver must not begin transactions on its own: see `portal.extensions`.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # an acknowledged commit survives a power cut
            "foreign_keys = ON",
            "busy_timeout = 10000",
            "cache_size = -16000",
            "mmap_size = 268435456",
            "temp_store = MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        # SQLite's own lower() handles ASCII only.
        connection.create_function("lower", 1, _lower, deterministic=True)


def _begin_in_turn(engine: Engine) -> None:
    """Wait for the write gate before BEGIN IMMEDIATE."""

    @event.listens_for(engine, "begin")
    def begin(connection) -> None:  # type: ignore[no-untyped-def]
        # As on PostgreSQL, reading takes no transaction: each statement has its own snapshot.
        if connection.get_execution_options().get("lodge_write"):
            connection.connection.dbapi_connection.enter_gate()
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_for_writes_alone(engine: Engine) -> None:
    """Let `begin_write` open a transaction; reading runs in autocommit (see `portal.config`)."""

    @event.listens_for(engine, "set_connection_execution_options")
    def choose(_connection: Connection, options: dict[str, Any]) -> None:
        if options.get("lodge_write"):
            options["isolation_level"] = "READ COMMITTED"


def borrow(engine: Engine) -> Borrowed:
    """A connection for one statement that only reads, to be given back at once.

    What SQLAlchemy wraps around a connection of its pool costs more than a small statement: four
    fifths of the way there and back are watching over it and rolling back, and such a statement
    has nothing to roll back. Raises the driver's errors and SQLAlchemy's TimeoutError.
    """
    pool = engine.pool
    entry = pool._do_get()
    try:
        connection = entry.get_connection()  # type: ignore[attr-defined]
        if engine.dialect.name != "sqlite":
            try:
                _ask_if_idle(engine, connection, entry)
            except DisconnectionError as error:
                entry.invalidate(error)
                entry.get_connection()  # type: ignore[attr-defined]
    except BaseException as error:
        entry.invalidate(error)
        pool._do_return_conn(entry)
        raise
    return Borrowed(pool, entry)


def give_back(borrowed: Borrowed) -> None:
    """Let others have it; nobody may use it afterwards."""
    pool, entry = borrowed
    entry.info["idle_since"] = time.monotonic()
    pool._do_return_conn(entry)


def _ask_after_idling(engine: Engine) -> None:
    @event.listens_for(engine, "checkin")
    def note(_connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        _ask_if_idle(engine, connection, entry)


def _ask_if_idle(engine: Engine, connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    """Ping a connection that was idle for long. Raises DisconnectionError when it is dead."""
    since = entry.info.pop("idle_since", None)
    if since is None or time.monotonic() - since < TRUSTED_IDLE_SECONDS:
        return
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        raise DisconnectionError from error  # the pool connects anew


def _lower(text: str | None) -> str | None:
    return text if text is None else text.lower()
