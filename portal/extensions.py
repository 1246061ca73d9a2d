"""The unbound extensions, and how a write transaction begins. Of ours it imports helpers alone.

SQLite has one writer, and a transaction that reads first and writes later can lose updates or fail
halfway. So each write unit calls `begin_write()`, which on SQLite sends BEGIN IMMEDIATE. A flush
outside such a unit raises UnlockedWrite, on both databases.
"""

from datetime import UTC, datetime
from typing import Any

from flask import Response, current_app, g, session
from flask_limiter import HeaderNames, Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from htmx_flask import Htmx
from sqlalchemy import Connection, Engine, Executable, MetaData, Result, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session

from portal import clock
from portal.errors import ReadOnlyDesk

# Constraints have names, so that a migration can drop them on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class _Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class _RowLogin(LoginManager):  # type: ignore[misc] # it has no types
    """Flask-Login for sessions that are rows, and for nothing else.

    As it comes it hashes address and browser at each request, for a protection that the row is, and
    takes a second cookie, which nobody is given.
    """

    def _load_user(self) -> None:
        token = session.get("_user_id")
        self._update_request_context_with_user(self._user_callback(token) if token else None)

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


db = SQLAlchemy(model_class=_Base, session_options={"expire_on_commit": False})
login_manager = _RowLogin()
csrf = CSRFProtect()
# Under its usual name Flask-Limiter would add Retry-After to every response.
LIMIT_WAIT = "X-RateLimit-Retry-After"
limiter = Limiter(
    key_func=get_remote_address, header_name_mapping={HeaderNames.RETRY_AFTER: LIMIT_WAIT}
)
htmx = Htmx()


class UnlockedWrite(RuntimeError):
    """Rows were about to be written outside `begin_write()`: a programming error."""


def begin_write(*, finishing: bool = False) -> bool:
    """End the reading transaction and begin one that may write.

    Loaded objects are expired: load again, after this call, whatever the decision rests on.

    Raises ReadOnlyDesk while the desk takes no changes. With `finishing` the unit ends what was
    begun before that, and may for a while; then the result is False: nothing new may be begun.
    """
    db.session.rollback()
    connection = db.session.connection(execution_options={"lodge_write": True})
    # In this transaction: whoever moves the desk waits for those that have begun without the row.
    try:
        row = connection.exec_driver_sql(_READ_ONLY).first()
    except DBAPIError:
        # Else whoever writes next in this process would wait for us.
        db.session.rollback()
        raise
    if row is None:
        return True
    if finishing and not row.closed:
        return False
    db.session.rollback()
    raise _read_only(row.until)


def begin_maintenance_write() -> None:
    """`begin_write` of a read-only desk: for what keeps that state, or replaces everything."""
    db.session.rollback()
    db.session.connection(execution_options={"lodge_write": True})


_READ_ONLY = "SELECT closed, until FROM read_only_mode"


def _read_only(until: Any) -> ReadOnlyDesk:
    """`until` is as the driver gives it: text from SQLite."""
    if isinstance(until, str):
        until = datetime.fromisoformat(until).replace(tzinfo=UTC)
    error = ReadOnlyDesk(until=until)
    if until is not None:
        seconds = (until - clock.now()).total_seconds()
        error.retry_after = round(min(max(seconds, ReadOnlyDesk.retry_after), _LONGEST_WAIT))
    return error


# In seconds. A move may be over sooner than was said.
_LONGEST_WAIT = 900


def lock_person(person_id: int) -> None:
    """Wait for other transactions that change that person, and hold the lock until commit.

    Call it after `begin_write` and before reading. It is the first lock of a unit and the only one
    of its kind, so it cannot deadlock. On SQLite it does nothing: there is one writer anyway.
    """
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_PERSON, {"person": person_id % 2**31})


def lock_imports() -> None:
    """Wait for another import, and hold its lock until commit. The first lock of its unit.

    On SQLite it does nothing, as `lock_person`.
    """
    lock_person(_NOBODY)


# No account has this id.
_NOBODY = 0
# Two keys, so that other users of advisory locks in this database do not collide.
_LOCK_PERSON = text("SELECT pg_advisory_xact_lock(20555, CAST(:person AS integer))")


def logs_engine() -> Engine:
    """The engine of the logs: their own database when LOGS_DATABASE_URL names one."""
    return db.engines.get("logs", db.engine)


def execute_on_logs(statement: Executable, rows: list[dict[str, Any]] | None = None) -> Result[Any]:
    """Execute `statement` on the database of the logs; core tables only, no ORM objects."""
    return db.session.execute(statement, rows, bind_arguments={"bind": logs_engine()})


def begin_log_write() -> None:
    """`begin_write` for the database of the logs. Nothing else may be changed in this unit."""
    if logs_engine() is db.engine:
        begin_write()
        return
    db.session.rollback()
    db.session.connection({"bind": logs_engine()}, execution_options={"lodge_write": True})


def logs_connection() -> Connection:
    """The connection of a unit of `begin_log_write`. Raises UnlockedWrite outside of one."""
    bind = {"bind": logs_engine()}
    _require_write(db.session(), bind)
    return db.session.connection(bind)


def setting(name: str) -> Any:
    """The value in force: what an administrator has chosen (`portal.settings`), else the config's.

    Also for layers that do not import Flask.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined] # a proxy costs more than the rest
    chosen = app.extensions.get("lodge.settings")
    if chosen is not None and name in chosen.keys and name in (values := chosen.values()):
        return values[name]
    return app.config[name]


def note_settings_version(version: str | None) -> None:
    """Tell the chosen settings which version this request or job has read along with a row."""
    g.settings_version = version


def forget_settings_version() -> None:
    """Let the chosen settings look again: some were changed."""
    g.pop("settings_version", None)


@event.listens_for(db.session, "before_flush")
def _before_flush(session: Session, _context: object, _instances: object) -> None:
    if session.new or session.dirty or session.deleted:
        _require_write(session)


@event.listens_for(db.session, "do_orm_execute")
def _before_execute(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        _require_write(state.session, state.bind_arguments)


def _require_write(session: Session, bind_arguments: dict[str, Any] | None = None) -> None:
    bind = (bind_arguments or {}).get("bind")
    connection = session.connection({"bind": bind} if bind else None)
    if not connection.get_execution_options().get("lodge_write"):
        raise UnlockedWrite("call begin_write() before changing rows")
