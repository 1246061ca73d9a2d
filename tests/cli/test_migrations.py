"""The schema that migrations make is the one that the models describe."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate.cli import db as flask_db
from sqlalchemy import Connection, MetaData, Table, event, text
from sqlalchemy.engine.interfaces import ReflectedColumn

from portal import schema
from portal.cli import migrations
from portal.extensions import db, logs_engine
from tests.conftest import MakeApp
from tests.databases import Database


# SQLAlchemy reads no index over an expression from SQLite: those are held by their names.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_migrations_lead_to_what_the_models_describe(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": _is_modelled, "compare_type": True}
        )
        assert compare_metadata(context, db.metadata) == []
        if connection.dialect.name == "sqlite":
            made = set(connection.scalars(text("SELECT name FROM sqlite_master")))
            indexes = {str(i.name) for t in db.metadata.tables.values() for i in t.indexes}
            assert indexes <= made


def test_an_empty_database_is_brought_up_and_a_second_time_changes_nothing(
    another_app: MakeApp, empty_database: Database
) -> None:
    app = another_app(DATABASE_URL=empty_database.url)
    with app.app_context():
        migrations.upgrade(app)
        migrations.upgrade(app)
        assert "tickets" in db.inspect(db.engine).get_table_names()


def test_older_code_can_live_with_what_each_migration_leaves(
    another_app: MakeApp, empty_database: Database
) -> None:
    """To take back an upgrade is to run the older code: docs/operate.md, Roll back."""
    app = another_app(DATABASE_URL=empty_database.url)
    before: dict[str, Columns] = {}
    with app.app_context():
        for revision in sorted(schema.known_revisions()):
            command.upgrade(migrations._configuration(app), revision)
            now = _columns()
            assert not before.keys() - now.keys(), f"{revision} takes tables away"
            for table, columns in before.items():
                assert not columns.keys() - now[table].keys(), f"{revision} takes from {table}"
                missed = _needed(now[table]) - _needed(columns)
                assert not missed, f"{revision} wants of {table} what older code does not write"
            before = now


Columns = dict[str, ReflectedColumn]


def _columns() -> dict[str, Columns]:
    looked = db.inspect(db.engine)
    return {
        table: {column["name"]: column for column in looked.get_columns(table)}
        for table in looked.get_table_names()
    }


def _needed(columns: Columns) -> set[str]:
    """What a new row has to bring."""
    return {
        name
        for name, column in columns.items()
        if not column["nullable"] and column["default"] is None
    }


@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_tickets_of_before_have_a_channel_and_older_code_files_on(
    another_app: MakeApp, empty_database: Database
) -> None:
    app = another_app(DATABASE_URL=empty_database.url)
    with app.app_context():
        config = migrations._configuration(app)
        command.upgrade(config, "0016")
        with db.engine.connect().execution_options(lodge_write=True) as connection:
            _add(connection, "organizations", id=1)
            _add(connection, "users", id=1, organization_id=1, role="customer")
            _add_ticket(connection, 1)
            _add_ticket(connection, 2, import_key="of another desk")
            connection.commit()
        command.upgrade(config, "0017")
        with db.engine.connect().execution_options(lodge_write=True) as connection:
            _add_ticket(connection, 3)  # names no channel
            found = connection.execute(text("SELECT id, channel FROM tickets ORDER BY id"))
            assert [tuple(row) for row in found] == [(1, "page"), (2, "import"), (3, "page")]
            connection.commit()
        command.downgrade(config, "0016")
        looked = db.inspect(db.engine)
        assert "channel" not in {column["name"] for column in looked.get_columns("tickets")}
        assert not [one for one in looked.get_indexes("tickets") if "channel" in str(one["name"])]


def _add_ticket(connection: Connection, number: int, **values: Any) -> None:
    owners = {"organization_id": 1, "requester_id": 1}
    _add(connection, "tickets", id=number, status="new", **owners, **values)


def _add(connection: Connection, name: str, **values: Any) -> None:
    """A row that has a value in each column which needs one."""
    table = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
    plain = {str: "user", int: 1, bool: False, datetime: datetime(2026, 11, 21, tzinfo=UTC)}
    needed = _needed(_columns()[name]) - values.keys()
    filled = {n: plain.get(table.c[n].type.python_type, {}) for n in needed}
    connection.execute(table.insert().values(filled | values))


def _is_modelled(
    _object: object, name: str | None, _kind: str, _reflected: bool, _other: object
) -> bool:
    """SQLite's full-text index is made by hand, in several tables."""
    return not (name or "").startswith(("search_index", "sqlite_"))


def test_after_the_first_upgrade_the_accounts_of_the_settings_are_there(
    another_app: MakeApp, empty_database: Database
) -> None:
    app = another_app(
        DATABASE_URL=empty_database.url,
        INITIAL_ADMIN_EMAIL="root@example.com",
        INITIAL_ADMIN_PASSWORD="only four words here",
    )
    migrations.attach(app)
    runner = app.test_cli_runner()
    done = runner.invoke(flask_db, ["upgrade"])
    assert (done.exit_code, done.output) == (0, "USR000001 root@example.com (admin)\n")
    assert runner.invoke(flask_db, ["upgrade"]).output == ""
    assert runner.invoke(flask_db, ["current"]).exit_code == 0


@pytest.mark.threat("secrets that can be guessed")
def test_without_such_settings_nobody_is_there(
    another_app: MakeApp, empty_database: Database
) -> None:
    app = another_app(DATABASE_URL=empty_database.url)
    migrations.attach(app)
    done = app.test_cli_runner().invoke(flask_db, ["upgrade"])
    assert (done.exit_code, done.output) == (0, "")


def test_logs_in_a_database_of_their_own_get_what_was_added_since(
    another_app: MakeApp, empty_database: Database, tmp_path: Path
) -> None:
    main = f"sqlite:///{tmp_path}/main.sqlite3"
    app = another_app(DATABASE_URL=main, LOGS_DATABASE_URL=empty_database.url)
    with app.app_context():
        migrations.upgrade(app)
        with logs_engine().connect().execution_options(lodge_write=True) as connection:
            connection.execute(text("DROP INDEX ix_actions_user_id_id"))
            connection.execute(text("ALTER TABLE actions DROP COLUMN user_id"))
            connection.commit()
        migrations.upgrade(app)
        looked = db.inspect(logs_engine())
        assert "user_id" in {column["name"] for column in looked.get_columns("actions")}
        assert "ix_actions_user_id_id" in {one["name"] for one in looked.get_indexes("actions")}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_migration_takes_its_time_and_does_not_wait_for_a_table(
    another_app: MakeApp, empty_database: Database
) -> None:
    app = another_app(DATABASE_URL=empty_database.url)
    limits = []
    with app.app_context():

        @event.listens_for(db.engine, "before_cursor_execute")
        def look(_connection, cursor, statement, *_rest):  # type: ignore[no-untyped-def]
            if "CREATE TABLE tickets" in statement:
                limits.extend(_limits(cursor.connection))

        migrations.upgrade(app)
        with db.engine.connect() as connection:
            after = _limits(connection.connection.driver_connection)
    assert limits == ["0", "10s"]
    assert after == ["15s", "0"]


def _limits(driver) -> list[str]:  # type: ignore[no-untyped-def]
    names = ("statement_timeout", "lock_timeout")
    return [driver.execute(f"SHOW {name}").fetchone()[0] for name in names]
