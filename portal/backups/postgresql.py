"""Backup and restore of PostgreSQL by its own programs. pg_dump must be as new as the server."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString, cast

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import URL

from portal.backups import BackupError, contents

Progress = Callable[[int, int], None]
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
# Those that migrations have made; others of the schema are none of ours.
_FUNCTIONS = """SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND starts_with(proname, 'search_index_')"""
_OF_A_TABLE = ("dumping contents of table", "processing data for table")


def dump(url: URL, target: Path, progress: Progress) -> tuple[dict[str, int], set[str]]:
    """Dump the database to `target`; return row counts by table, and all storage keys.

    Both are of the snapshot that is dumped, whatever is written meanwhile.
    """
    with _connect(url) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        [snapshot] = _one(connection, sql.SQL("SELECT pg_export_snapshot()"))
        tables = _row_counts(connection)
        target.touch(0o600)
        command = [
            _program("pg_dump"),
            "--format=custom",
            "--no-owner",
            "--no-privileges",
            "--verbose",
            f"--snapshot={snapshot}",
            f"--file={target}",
        ]
        _run(command, url, len(tables), progress)
        return tables, _stored_keys(connection, tables)


def load(source: Path, url: URL, progress: Progress) -> dict[str, int]:
    """Replace all tables by those of the dump `source`, in one transaction. Returns row counts."""
    with _connect(url) as connection:
        drop = [*_drops(connection)]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "script.sql"
        dumped = [_program("pg_restore"), "--no-owner", "--no-privileges", "--verbose"]
        tables = _tables_in(source)
        _run([*dumped, f"--file={script}", str(source)], None, len(tables), progress)
        psql = [_program("psql"), "--no-psqlrc", "--quiet", "--single-transaction"]
        options = ["--set=ON_ERROR_STOP=1", "--output=/dev/null"]
        # Fails instead of waiting for locks: the application has to be stopped first.
        steps = ["SET lock_timeout = '10s'", *drop, script, "SET search_path TO DEFAULT"]
        amended = contents.restore_statements(tables)
        words = [
            word
            for step in [*steps, *amended]
            for word in (("--file", str(step)) if step is script else ("--command", str(step)))
        ]
        _run([*psql, *options, *words], url, 0, progress)
    with _connect(url) as connection:
        return _row_counts(connection)


def _drops(connection: psycopg.Connection) -> Iterator[str]:
    """Statements after which the schema has nothing of ours."""
    if old := [name for (name,) in connection.execute(_TABLES)]:
        names = sql.SQL(", ").join(map(sql.Identifier, old))
        yield sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(names).as_string(None)
    for (function,) in connection.execute(_FUNCTIONS):
        yield f"DROP FUNCTION IF EXISTS {function}"


def _tables_in(source: Path) -> list[str]:
    """Names of the tables that the dump has data of."""
    listed = subprocess.run(  # noqa: S603 - our own words
        [_program("pg_restore"), "--list", str(source)],
        check=False,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        raise BackupError(f"{source} is no copy of a database: {_last_line(listed.stderr)}")
    lines = [line.split() for line in listed.stdout.splitlines()]
    # `3456; 0 16385 TABLE DATA public tickets lodge`
    return [words[6] for words in lines if words[3:5] == ["TABLE", "DATA"]]


def _row_counts(connection: psycopg.Connection) -> dict[str, int]:
    names = [name for (name,) in connection.execute(_TABLES)]
    count = sql.SQL("SELECT count(*) FROM {}")
    return {name: _one(connection, count.format(sql.Identifier(name)))[0] for name in names}


def _stored_keys(connection: psycopg.Connection, tables: dict[str, int]) -> set[str]:
    found: set[str] = set()
    with_keys = (
        "SELECT table_name FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND column_name = 'storage_key'"
    )
    query = sql.SQL("SELECT storage_key FROM {} WHERE storage_key IS NOT NULL")
    for (table,) in connection.execute(with_keys).fetchall():
        if table in tables:
            named = connection.execute(query.format(sql.Identifier(table)))
            found.update(key for (key,) in named)
    return found


def _one(connection: psycopg.Connection, query: sql.SQL | sql.Composed) -> tuple[int, ...]:
    return cast("tuple[int, ...]", connection.execute(query).fetchone())


@contextmanager
def _connect(url: URL) -> Iterator[psycopg.Connection]:
    """A connection without the timeouts that protect pages."""
    try:
        with psycopg.connect(_conninfo(url), autocommit=True, connect_timeout=5) as connection:
            connection.execute("SET statement_timeout = 0")
            connection.execute("SET idle_in_transaction_session_timeout = 0")
            yield connection
    except psycopg.Error as error:
        raise BackupError(f"the database cannot be used: {_last_line(str(error))}") from error


def _conninfo(url: URL) -> str:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return make_conninfo(plain)


def _run(command: list[str], url: URL | None, total: int, progress: Progress) -> None:
    """Run one of PostgreSQL's programs. Raises BackupError with its last line of output."""
    done, words = 0, ""
    with (
        _address(url) as address,
        subprocess.Popen(  # noqa: S603 - our own words
            [*command, *address],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as process,
    ):
        for line in cast("Iterator[str]", process.stderr):
            words = line if "error" in line.lower() or not words else words
            if any(mark in line for mark in _OF_A_TABLE):
                done += 1
                progress(min(done, total), total)
    if process.returncode:
        raise BackupError(f"{Path(command[0]).name} failed: {_last_line(words)}")


@contextmanager
def _address(url: URL | None) -> Iterator[list[str]]:
    """The connection string as an argument, with the password in a temporary file.

    Command lines can be read by every user of the machine.
    """
    if url is None:
        yield []
        return
    parameters = {name: str(value) for name, value in conninfo_to_dict(_conninfo(url)).items()}
    password = parameters.pop("password", "")
    with tempfile.NamedTemporaryFile("w", prefix="lodge-") as file:  # for its owner alone
        if password:
            escaped = password.replace("\\", "\\\\").replace(":", "\\:")
            file.write(f"*:*:*:*:{escaped}\n")
            file.flush()
            parameters["passfile"] = file.name
        yield [f"--dbname={make_conninfo(**parameters)}"]


def _program(name: LiteralString) -> str:
    """The program's path. Debian keeps those of each version in a folder that is not on PATH."""
    found = shutil.which(name)
    if found is None:
        folders = Path("/usr/lib/postgresql").glob(f"*/bin/{name}")
        found = max(map(str, folders), default=None)
    if found is None:
        raise BackupError(f"{name} is not installed; on Debian: apt-get install postgresql-client")
    return found


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]
