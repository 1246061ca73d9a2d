"""The schema that migrations make is the one that the models describe."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from portal.cli import migrations
from portal.extensions import db
from tests.conftest import MakeApp
from tests.databases import Database


def test_migrations_lead_to_what_the_models_describe(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": _is_modelled, "compare_type": True}
        )
        assert compare_metadata(context, db.metadata) == []


def test_an_empty_database_is_brought_up_and_a_second_time_changes_nothing(
    another_app: MakeApp, empty_database: Database
) -> None:
    app = another_app(DATABASE_URL=empty_database.url)
    with app.app_context():
        migrations.upgrade(app)
        migrations.upgrade(app)
        assert "tickets" in db.inspect(db.engine).get_table_names()


def _is_modelled(
    _object: object, name: str | None, _kind: str, _reflected: bool, _other: object
) -> bool:
    """SQLite's full-text index is made by hand, in several tables."""
    return not (name or "").startswith(("search_index", "sqlite_"))
