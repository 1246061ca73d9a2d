"""SQLite's full-text index, made beside the rows: it takes a process as long as all the rest does.

It grows in a file of its own, whose tables are then copied.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

NAME = "search_index"
COLUMNS = ("ticket_id", "public", "internal")
# Where FTS5 keeps the index; the other tables hold settings, which are there.
_TABLES = (f"{NAME}_data", f"{NAME}_idx")
_QUICK = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    # In bytes: what is found in so much text is merged in memory.
    f"INSERT INTO {NAME} ({NAME}, rank) VALUES ('hashsize', 134217728)",
)


class SearchIndex:
    """One for which there are no documents yet; `statement` is what made it in the database."""

    def __init__(self, file: Path, statement: str) -> None:
        self._file = file
        context = get_context("spawn")
        documents, self._documents = context.Pipe(duplex=False)
        self._process = context.Process(target=_make, args=(file, statement, documents))
        self._process.start()
        documents.close()

    def add(self, documents: list[tuple[object, ...]]) -> None:
        """Values of COLUMNS."""
        self._documents.send(documents)

    def copy(self, connection: sqlite3.Connection) -> None:
        """Have the index in the database, in place of an empty one."""
        self._documents.send([])
        self._process.join()
        if self._process.exitcode:
            raise RuntimeError("the process that makes the search index has failed")
        connection.execute("ATTACH ? AS made", (str(self._file),))
        connection.execute("BEGIN")
        for table in _TABLES:
            connection.execute(f"DELETE FROM main.{table}")
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM made.{table}")
        connection.execute("COMMIT")
        connection.execute("DETACH made")

    def close(self) -> None:
        """End what still runs; the file goes."""
        self._documents.close()
        self._process.terminate()
        self._process.join()
        self._file.unlink(missing_ok=True)


@contextmanager
def beside(database: str, statement: str) -> Iterator[SearchIndex]:
    """One in a file beside the database."""
    with closing(SearchIndex(Path(f"{database}-{NAME}"), statement)) as index:
        yield index


def _make(file: Path, statement: str, documents: Connection) -> None:
    insert = f"INSERT INTO {NAME} (rowid, public, internal) VALUES (?, ?, ?)"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(statement)
        for quick in _QUICK:
            connection.execute(quick)
        connection.execute("BEGIN")
        while batch := documents.recv():
            connection.executemany(insert, batch)
        connection.execute("COMMIT")
