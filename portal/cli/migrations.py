"""The schema's migrations, for `flask db …` and `jobs.launcher.prepare`.

Alembic is imported late: commands need it, and each server process would carry 10 MB and a third of
a second for nothing.
"""

from typing import TYPE_CHECKING

import click
from flask import Flask
from sqlalchemy import Connection, Table, inspect

from portal import config, schema
from portal.cli import accounts, errors_in_one_line, migration_commands
from portal.cli.downgrades import quiet_alembic
from portal.extensions import db, logs_engine
from portal.models.operations import Action, ActionDay, ApiRequest, ApiRequestCount

if TYPE_CHECKING:
    from alembic.config import Config


def attach(app: Flask) -> None:
    """Register Flask-Migrate, whose application `migrations/env.py` reads."""
    from flask_migrate import Migrate, cli

    Migrate(app, db, directory=str(config.ROOT / "migrations"), render_as_batch=True)
    migration_commands.wrap_commands()
    cli.db.result_callback(replace=True)(_create_first_accounts)
    errors_in_one_line.report(cli.db)


def _create_first_accounts(_result: object, **_options: object) -> None:
    """Create the accounts of INITIAL_… after `flask db upgrade` of an empty database."""
    upgraded = click.get_current_context().invoked_subcommand == "upgrade"
    if upgraded and schema.database_revision(db.session.connection()) == schema.latest_revision():
        for user in accounts.create_first_accounts():
            click.echo(f"{user.number} {user.email} ({user.role})")


def upgrade(app: Flask) -> None:
    """Upgrade the schema to the newest revision. Raises alembic's CommandError.

    `flask_migrate.upgrade` would end the process on an error.
    """
    from alembic import command

    command.upgrade(_configuration(app), "head")


def upgrade_connection(app: Flask, connection: Connection) -> None:
    """Upgrade another database of which somebody has begun a transaction."""
    from alembic import command

    configuration = _configuration(app)
    configuration.attributes["connection"] = connection
    try:
        with quiet_alembic():
            command.upgrade(configuration, "head")
    finally:
        del configuration.attributes["connection"]


def prepare_logs() -> None:
    """Update the log tables where they have a database of their own.

    Migrations do not reach it. Tables, nullable columns and indexes are added here from the models;
    anything else needs a migration that looks for it.
    """
    if logs_engine() is db.engine:
        return
    models = (Action, ActionDay, ApiRequest, ApiRequestCount)
    tables = [db.metadata.tables[model.__tablename__] for model in models]
    with logs_engine().connect().execution_options(lodge_write=True) as connection:
        db.metadata.create_all(connection, tables)
        for table in tables:
            _add_missing_columns(connection, table)
        connection.commit()


def _add_missing_columns(connection: Connection, table: Table) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    there = {column["name"] for column in inspect(connection).get_columns(table.name)}
    operations = Operations(MigrationContext.configure(connection))
    for column in table.columns:
        if column.name not in there:
            operations.add_column(table.name, column)
    for index in table.indexes:
        index.create(connection, checkfirst=True)


def _configuration(app: Flask) -> "Config":
    if "migrate" not in app.extensions:
        attach(app)
    found: Config = app.extensions["migrate"].migrate.get_config()
    return found
