"""The database that the desk goes to: opened by its address, and named without its password."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from portal import database_url
from portal.database_move import MoveError
from portal.engines import prepare_engine
from portal.errors import ConfigError

# What a database is called in what operators read.
OLD, NEW = "the old database", "the new database"


def open_target(text: str) -> Engine:
    """An engine for the address as DATABASE_URL would have it. Raises MoveError."""
    try:
        parsed = database_url.parse("URL", text, connections=2, threads=1)
    except ConfigError as error:
        raise MoveError(str(error)) from None
    if parsed.pooled:
        raise MoveError("URL leads to PgBouncer: for this command, name PostgreSQL itself")
    try:
        engine = create_engine(parsed.url, **parsed.options)
        prepare_engine(engine)
    except (SQLAlchemyError, ValueError, ImportError):
        # Its words may repeat the address, with the password.
        raise MoveError("URL is no address of a database") from None
    except OSError as error:
        raise MoveError(f"{error.filename}: {error.strerror}") from None
    return engine


def name_of(url: URL) -> str:
    """Where a database is, as people may read it."""
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database}"
    # Where a socket is; anything else in there may be a secret.
    query = {name: value for name, value in url.query.items() if name in {"host", "port"}}
    place = url.host, url.port, url.database
    return str(URL.create(url.get_backend_name(), url.username, None, *place, query))


@contextmanager
def errors_of(what: str) -> Iterator[None]:
    """Raise MoveError, one line, for errors of that database."""
    try:
        yield
    except DBAPIError as error:
        is_away = isinstance(error, OperationalError) or error.connection_invalidated
        hint = "; call it again when that is mended, it goes on where it was" if is_away else ""
        raise MoveError(f"{what}: {first_line(error)}{hint}") from None
    except SQLAlchemyError as error:
        raise MoveError(f"{what}: {type(error).__name__}") from None


def first_line(error: DBAPIError) -> str:
    """What the driver says, without the values that come in later lines."""
    lines = str(error.orig).strip().splitlines()
    return lines[0] if lines else type(error.orig).__name__
