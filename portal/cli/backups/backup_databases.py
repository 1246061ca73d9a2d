"""The databases of a backup: dumped into its folder, and loaded from it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from flask import current_app
from sqlalchemy import Engine, inspect, select

from portal.backups import BackupError, sqlite
from portal.backups.folder import DatabaseCopy
from portal.errors import StorageAway, StorageFull
from portal.extensions import db, logs_engine
from portal.models.operations import Desk, Heartbeat
from portal.models.organizations.plan import Plan

_FILE = {"sqlite": "sqlite3", "postgresql": "pgdump"}


def engines() -> dict[str, Engine]:
    """The databases of this desk, by their names in a backup."""
    logs = logs_engine()
    return {"database": db.engine} | ({} if logs is db.engine else {"logs": logs})


def dump(engine: Engine, target: Path, name: str) -> tuple[DatabaseCopy, set[str]]:
    """Write one database into the folder. Returns the copy and the file keys in its rows."""
    kind = engine.dialect.name
    file = f"{name}.{_FILE[kind]}"
    with _progress(f"Copying {name}") as progress:
        if kind == "sqlite":
            rows = sqlite.dump(Path(engine.url.database or ""), target / file, progress)
            keys = sqlite.stored_keys(target / file)
        else:
            rows, keys = _postgresql().dump(engine.url, target / file, progress)
    return DatabaseCopy(kind, file, rows), keys


def load(engine: Engine, source: Path, name: str) -> dict[str, int]:
    # None of our connections may hold a lock on a table.
    """Replace one database by its copy. Returns the number of rows by table."""
    db.session.remove()
    engine.dispose()
    with _progress(f"Restoring {name}") as progress:
        if engine.dialect.name == "sqlite":
            return sqlite.load(source, Path(engine.url.database or ""), progress)
        rows: dict[str, int] = _postgresql().load(source, engine.url, progress)
        return rows


def is_empty(engine: Engine) -> bool:
    """Whether no table has rows, apart from heartbeats, plans and the desk's key."""
    with engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        # A probe may have written a heartbeat already; each desk has its key and the plans.
        wanted = there - {model.__tablename__ for model in (Heartbeat, Desk, Plan)}
        tables = [table for table in db.metadata.sorted_tables if table.name in wanted]
        return all(connection.execute(select(t).limit(1)).first() is None for t in tables)


def refuse_pooler() -> None:
    """Raise BackupError if the database is reached through PgBouncer.

    PostgreSQL's programs change settings of the session, which PgBouncer lends to others next:
    those would not find a table any more.
    """
    if pooled := current_app.config["POOLED_DATABASES"]:
        raise BackupError(
            f"{pooled[0]} leads to PgBouncer: for this command, set it to PostgreSQL itself"
        )


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Raise ClickException, with one line, for errors of backups, the file store and the disk."""
    try:
        yield
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    except StorageAway:
        raise click.ClickException("the file store does not answer, or refuses us") from None
    except StorageFull:
        raise click.ClickException("the file store cannot be written, or is full") from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'the disk'}: {error.strerror}") from None


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    bar: Any
    with click.progressbar(length=1000, label=label) as bar:

        def show(done: int, total: int) -> None:
            bar.update(done * 1000 // max(total, 1) - bar.pos)

        yield show
        show(1, 1)


def _postgresql() -> ModuleType:
    """Imported when needed: on SQLite it would cost each process 8 MB."""
    from portal.backups import postgresql

    return postgresql
