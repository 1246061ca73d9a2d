"""The rows of a PostgreSQL database as they were at some moment, brought back as often as wanted.

Copying the whole database each time takes a tenth of a second; this takes a few milliseconds, for
only those tables are written whose rows are others now.
"""

import psycopg
from sqlalchemy import MetaData, Table


class KeptRows:
    """All rows of the tables of `metadata` in the database at `url`, as they are now."""

    def __init__(self, url: str, metadata: MetaData) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._tables = {table.name: _columns(table) for table in metadata.sorted_tables}
        with self._connection.transaction():
            self._do("CREATE SCHEMA kept")
            for name, columns in self._tables.items():
                self._do(f'CREATE TABLE kept."{name}" AS SELECT {columns} FROM "{name}"')
        sequences = self._do("SELECT sequencename, last_value FROM pg_sequences").fetchall()
        self._sequences = "; ".join(
            f"SELECT setval('\"{name}\"', {value or 1}, {value is not None})"
            for name, value in sequences
        )
        self._since = self._transaction()

    def restore(self) -> list[str]:
        """Undo what was committed since the last time; answers which tables that has changed."""
        changed = self._changed()
        if changed:
            with self._connection.transaction():
                # What refers to a row finds it again at the end.
                self._do("SET LOCAL session_replication_role = replica")
                for name in changed:
                    columns = self._tables[name]
                    self._do(f'DELETE FROM "{name}"')
                    self._do(
                        f'INSERT INTO "{name}" ({columns}) SELECT {columns} FROM kept."{name}"'
                    )
        self._do(self._sequences)
        self._since = self._transaction()
        return changed

    def close(self) -> None:
        self._connection.close()

    def _changed(self) -> list[str]:
        """Tables with a row that is newer than what is kept, or with fewer rows."""
        queries = [
            f"""SELECT '{name}' FROM "{name}"
                HAVING count(*) <> (SELECT count(*) FROM kept."{name}")
                    OR max(xmin::text::bigint) > {self._since}"""
            for name in self._tables
        ]
        return [name for (name,) in self._do(" UNION ALL ".join(queries))]

    def _transaction(self) -> int:
        """The number of a transaction of which all later ones have higher ones."""
        row = self._do("SELECT pg_current_xact_id()::text::bigint").fetchone()
        assert row is not None
        return int(row[0])

    def _do(self, statement: str) -> psycopg.Cursor:
        return self._connection.execute(statement.encode())


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns if column.computed is None)
