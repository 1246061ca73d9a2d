"""The unbound extensions, and how a transaction begins. Imports nothing of ours.

`begin_write()` is how a command takes the right to write: on SQLite only one writer exists, and a
transaction that reads first and writes later can lose updates or fail halfway, so a write unit
begins with BEGIN IMMEDIATE. A flush outside such a unit raises, on both databases.
"""

import time
from pathlib import Path
from typing import Any

from flask import current_app
from flask_limiter import HeaderNames, Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import Connection, Engine, Executable, MetaData, Result, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session
from sqlalchemy.pool import ConnectionPoolEntry

from portal.write_gate import GatedConnection, gate_of

# Constraints have names, so that a migration can drop them on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


# A firewall between us and the database may forget a connection that says nothing, the quickest
# after a minute. What has been used since is taken as alive: asking costs a round trip.
TRUSTED_IDLE_SECONDS = 30.0


class _Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=_Base, session_options={"expire_on_commit": False})
login_manager = LoginManager()
csrf = CSRFProtect()
# Flask-Limiter would say in Retry-After of every answer when its window ends.
LIMIT_WAIT = "X-RateLimit-Retry-After"
limiter = Limiter(
    key_func=get_remote_address, header_name_mapping={HeaderNames.RETRY_AFTER: LIMIT_WAIT}
)
htmx = Htmx()


class UnlockedWrite(RuntimeError):
    """A change was about to be written outside `begin_write()`: a mistake in our own code."""


def begin_write() -> None:
    """End the reading transaction and begin one that may write.

    What was loaded before is let go: load again what the decision rests on, after this call.
    """
    db.session.rollback()
    db.session.connection(execution_options={"lodge_write": True})


def take_turn(person_id: int) -> None:
    """Wait until that person's other changes are done; till this unit ends, those behind it wait.

    After `begin_write`, before anything is read. It is the first lock of a unit and the only one of
    its kind, so nobody waits in a circle. SQLite has one writer, who is alone in any case.
    """
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_TURN, {"person": person_id % 2**31})


# Of two numbers, so that whoever else locks by number in this database is in nobody's way.
_TURN = text("SELECT pg_advisory_xact_lock(20555, CAST(:person AS integer))")


def logs_engine() -> Engine:
    """Where the logs lie: a database of their own when LOGS_DATABASE_URL names one."""
    return db.engines.get("logs", db.engine)


def on_logs(statement: Executable, rows: list[dict[str, Any]] | None = None) -> Result[Any]:
    """Execute `statement` where the logs lie. Tables alone, no objects: those know one database."""
    return db.session.execute(statement, rows, bind_arguments={"bind": logs_engine()})


def begin_log_write() -> None:
    """`begin_write` for the logs. Of all else nothing may be changed in this unit."""
    db.session.rollback()
    db.session.connection({"bind": logs_engine()}, execution_options={"lodge_write": True})


def setting(name: str) -> Any:
    """A setting of the application in force, for layers that know the session but not Flask."""
    return current_app.config[name]


def prepare_engine(engine: Engine) -> None:
    """Teach the engine our way to begin, and SQLite to keep its promises."""
    if engine.dialect.name != "sqlite":
        _begin_for_writes_alone(engine)
        _ask_after_idling(engine)
        return
    file = Path(engine.url.database or "").absolute()
    gate = gate_of(file)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _entry: object, _args: object, how: dict[str, Any]) -> None:
        how["factory"] = GatedConnection
        if not file.exists():
            file.touch(0o600)  # SQLite's own files beside it follow

    @event.listens_for(engine, "connect")
    def configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.gate = gate
        # The driver must not begin transactions on its own: see the module's docstring.
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
        # SQLite's own knows the 26 letters of English alone.
        connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def begin(connection) -> None:  # type: ignore[no-untyped-def]
        # Reading takes no transaction, as on PostgreSQL: each statement sees what is there then.
        if connection.get_execution_options().get("lodge_write"):
            connection.connection.dbapi_connection.enter_gate()
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_for_writes_alone(engine: Engine) -> None:
    """Let `begin_write` begin a transaction where reading has none (see `portal.config`)."""

    @event.listens_for(engine, "set_connection_execution_options")
    def choose(_connection: Connection, options: dict[str, Any]) -> None:
        if options.get("lodge_write"):
            options["isolation_level"] = "READ COMMITTED"


def _ask_after_idling(engine: Engine) -> None:
    """Replace a connection that was cut while nobody used it, before somebody does."""

    @event.listens_for(engine, "checkin")
    def note(_connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: object) -> None:
        since = entry.info.pop("idle_since", None)
        if since is None or time.monotonic() - since < TRUSTED_IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool connects anew


@event.listens_for(db.session, "before_flush")
def _before_flush(session: Session, _context: object, _instances: object) -> None:
    if session.new or session.dirty or session.deleted:
        _require_write(session)


@event.listens_for(db.session, "do_orm_execute")
def _before_execute(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        _require_write(state.session, state.bind_arguments)


def _lower(text: str | None) -> str | None:
    return text if text is None else text.lower()


def _require_write(session: Session, bind_arguments: dict[str, Any] | None = None) -> None:
    bind = (bind_arguments or {}).get("bind")
    connection = session.connection({"bind": bind} if bind else None)
    if not connection.get_execution_options().get("lodge_write"):
        raise UnlockedWrite("call begin_write() before changing rows")
