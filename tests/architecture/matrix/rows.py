"""Restores the rows of a database after each request."""

import sqlite3
from typing import Protocol

import psycopg


class Rows(Protocol):
    """`changed`: whether the last request wrote anything."""

    changed: bool

    def keep(self) -> None:
        """Copy the present rows."""

    def restore(self) -> bool:
        """Bring the copied rows back. Returns whether anything had changed."""

    def close(self) -> None:
        """Close the connections."""


def rows_of(database_url: str) -> Rows:
    """The Rows of that database."""
    path = database_url.removeprefix("sqlite:///")
    return _Sqlite(path) if path != database_url else _Postgresql(database_url)


class _Sqlite:
    """The whole file is copied and put back."""

    def __init__(self, path: str) -> None:
        self.changed = False
        self._live = sqlite3.connect(path)
        self._kept = sqlite3.connect(":memory:")
        self.keep()

    def keep(self) -> None:
        self._live.backup(self._kept)
        self._version = self._now()

    def restore(self) -> bool:
        if self._now() == self._version:
            return False
        self._kept.backup(self._live)
        self._version = self._now()
        return True

    def close(self) -> None:
        self._live.close()
        self._kept.close()

    def _now(self) -> int:
        return int(self._live.execute("PRAGMA data_version").fetchone()[0])


class _Postgresql:
    """Copies of all tables lie in a schema `kept`; triggers note which ones were written."""

    def __init__(self, url: str) -> None:
        self.changed = False
        self._live = psycopg.connect(url, autocommit=True)
        self._live.execute(_SCHEMA)
        self.keep()

    def keep(self) -> None:
        self._live.execute("CALL rows.keep()")

    def restore(self) -> bool:
        found = self._live.execute("SELECT rows.restore()").fetchone()
        return found == (True,)

    def close(self) -> None:
        self._live.close()


# Columns that the database fills in by itself are not copied. While all rows come back, no trigger
# runs and nobody looks for what refers to one.
_SCHEMA = """
CREATE SCHEMA kept;
CREATE SCHEMA rows;
CREATE UNLOGGED TABLE rows.written (name text);
CREATE TABLE rows.counters AS SELECT ''::text AS name, 0::bigint AS value LIMIT 0;
CREATE TABLE rows.tables AS
    SELECT quote_ident(table_name) AS name,
        string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS columns
    FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND is_generated = 'NEVER'
    GROUP BY table_name;

CREATE FUNCTION rows.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO rows.written VALUES (quote_ident(TG_TABLE_NAME));
    RETURN NULL;
END $$;

DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT t.name FROM rows.tables t LOOP
        EXECUTE 'CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON public.' || name
            || ' FOR EACH ROW EXECUTE FUNCTION rows.note()';
    END LOOP;
END $$;

CREATE PROCEDURE rows.keep() LANGUAGE plpgsql AS $$ DECLARE name text; columns text; BEGIN
    FOR name, columns IN SELECT t.name, t.columns FROM rows.tables t LOOP
        EXECUTE 'DROP TABLE IF EXISTS kept.' || name;
        EXECUTE 'CREATE TABLE kept.' || name || ' AS SELECT ' || columns || ' FROM public.' || name;
    END LOOP;
    TRUNCATE rows.written, rows.counters;
    INSERT INTO rows.counters
        SELECT quote_ident(sequencename), last_value FROM pg_sequences WHERE schemaname = 'public';
END $$;

CREATE FUNCTION rows.restore() RETURNS boolean LANGUAGE plpgsql AS $$
    DECLARE name text; columns text;
BEGIN
    IF NOT EXISTS (SELECT FROM rows.written) THEN RETURN false; END IF;
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR name, columns IN
        SELECT t.name, t.columns FROM rows.tables t
        WHERE t.name IN (SELECT w.name FROM rows.written w)
    LOOP
        EXECUTE 'DELETE FROM public.' || name;
        EXECUTE 'INSERT INTO public.' || name || ' (' || columns || ') SELECT * FROM kept.' || name;
    END LOOP;
    PERFORM setval(c.name::regclass, coalesce(c.value, 1), c.value IS NOT NULL)
        FROM rows.counters c;
    DELETE FROM rows.written;
    RETURN true;
END $$;
"""
