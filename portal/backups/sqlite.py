"""Backup and restore of SQLite by its online backup: consistent while others write."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from portal.backups import BackupError, contents

Progress = Callable[[int, int], None]
_PAGES = 2000


def dump(database: Path, target: Path, progress: Progress) -> dict[str, int]:
    """Copy `database` to `target` and check the copy; return row counts by table."""
    if not database.exists():
        raise BackupError(f"there is no database at {database}")
    target.touch(0o600)
    with _connect(database) as source, _connect(target) as copy:
        # A read transaction keeps the source unchanged for this connection: otherwise each write
        # by others would restart the copy, endlessly on a busy system.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        _copy(source, copy, progress)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, without companions
        _check(copy, target)
        return row_counts(copy)


def load(source: Path, database: Path, progress: Progress) -> dict[str, int]:
    """Replace `database` by the copy `source`, whole or not at all. Returns row counts.

    Open connections see the new content from their next statement on.
    """
    database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = database.with_name(f"{database.name}.restoring")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(0o600)
    try:
        with _connect(source, readonly=True) as copy, _connect(unfinished) as amended:
            _copy(copy, amended, lambda _done, _all: None)
            _check(amended, source)
            for statement in contents.restore_statements(row_counts(amended)):
                amended.execute(statement)
            database.touch(0o600)
            with _connect(database) as target:
                _copy(amended, target, progress)
                return row_counts(target)
    finally:
        unfinished.unlink(missing_ok=True)


def stored_keys(copy: Path) -> set[str]:
    """All storage keys in the copy."""
    with _connect(copy, readonly=True) as connection:
        found: set[str] = set()
        for table in row_counts(connection):
            columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
            if any(column[1] == "storage_key" for column in columns):
                query = f'SELECT storage_key FROM "{table}" WHERE storage_key IS NOT NULL'  # noqa: S608
                found.update(row[0] for row in connection.execute(query))
        return found


def row_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Number of rows by table, without the tables of the search index."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'table' "
        "AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_index%'"
    )
    names = [name for (name,) in connection.execute(query)]
    count = 'SELECT count(*) FROM "{}"'
    return {name: connection.execute(count.format(name)).fetchone()[0] for name in names}


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, progress: Progress) -> None:
    def report(_status: int, remaining: int, total: int) -> None:
        progress(total - remaining, total)

    source.backup(target, pages=_PAGES, progress=report, sleep=0.05)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    [verdict] = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise BackupError(f"the copy in {path} is not sound: {verdict}")
    if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise BackupError(f"the copy in {path} has rows that refer to nothing")


@contextmanager
def _connect(path: Path, *, readonly: bool = False) -> Iterator[sqlite3.Connection]:
    # `immutable` for a backup on a disk that may not be written: it has no companion files.
    address = path.resolve().as_uri() + ("?immutable=1" if readonly else "")
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=30)) as connection:
            connection.isolation_level = None
            yield connection
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path}: {error}") from error
