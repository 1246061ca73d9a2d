"""A limit to statements that depend on what somebody typed, so that nobody has measured them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.errors import TooBroad
from portal.extensions import db
from portal.queries.paging import AnyRow, AnySelect

# On SQLite. PostgreSQL has its own for all statements (`portal.database_url`).
SECONDS = 10.0
# How many steps SQLite takes until it looks at the clock.
_STEPS = 10_000


def fetch_in_time(query: AnySelect, values: Mapping[str, Any]) -> Sequence[AnyRow]:
    """The rows of `query`. Raises TooBroad where that takes too long."""
    connection = db.session.connection()
    try:
        with _limited(connection, SECONDS):
            return connection.execute(query, values).all()
    except OperationalError as error:
        if _was_stopped(error):
            raise TooBroad from error
        raise


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """What is read in the block takes so long together. Raises TooBroad.

    On PostgreSQL each statement may take so long. Not for a write unit: the block's transaction
    ends with it.
    """
    connection = db.session.connection()
    is_sqlite = connection.dialect.name == "sqlite"
    if not is_sqlite:
        # Reading has no transaction (`portal.database_url`), and what is set for the session would
        # hold for whoever gets it next from a pooler.
        limit = max(1, int(seconds * 1000))
        connection.exec_driver_sql(f"BEGIN READ ONLY; SET LOCAL statement_timeout = {limit}")
    try:
        with _limited(connection, seconds):
            yield
    except Exception as error:
        db.session.rollback()
        if isinstance(error, DBAPIError) and _was_stopped(error):
            raise TooBroad from error
        raise
    if not is_sqlite:
        connection.exec_driver_sql("ROLLBACK")


@contextmanager
def _limited(connection: Connection, seconds: float) -> Iterator[None]:
    if connection.dialect.name != "sqlite":
        yield
        return
    end = time.monotonic() + seconds
    driver: Any = connection.connection.dbapi_connection
    driver.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, 0)


def _was_stopped(error: DBAPIError) -> bool:
    """Whether the time was over: PostgreSQL's code for that, or SQLite's only word for it."""
    return getattr(error.orig, "sqlstate", "") == "57014" or str(error.orig) == "interrupted"
