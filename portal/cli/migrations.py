"""The schema's migrations, for `flask db …` and for whoever prepares a database.

Alembic is imported here and late: commands need it, while each server process would carry 10 MB
and a third of a second for nothing.
"""

from typing import TYPE_CHECKING

import click
from flask import Flask
from sqlalchemy import Connection, Table, inspect

from portal import config, schema
from portal.cli import accounts, complete, migration_commands
from portal.extensions import db, logs_engine
from portal.models.operations import Action, ActionDay, ApiRequest, ApiRequestCount

if TYPE_CHECKING:
    from alembic.config import Config


def attach(app: Flask) -> None:
    """Give `flask db` and `migrations/env.py` what they look for in the application."""
    from flask_migrate import Migrate, cli

    Migrate(app, db, directory=str(config.ROOT / "migrations"), render_as_batch=True)
    migration_commands.guard()
    cli.db.result_callback(replace=True)(_fill)
    complete.speak_plainly(cli.db)


def _fill(_result: object, **_options: object) -> None:
    """Make the accounts of INITIAL_… after `flask db upgrade` of a desk without people."""
    upgraded = click.get_current_context().invoked_subcommand == "upgrade"
    if upgraded and schema.found(db.session.connection()) == schema.wanted():
        for user in accounts.create_first_accounts():
            click.echo(f"{user.number} {user.email} ({user.role})")


def upgrade(app: Flask) -> None:
    """Bring the database to the newest schema. Raises alembic's CommandError.

    Not `flask_migrate.upgrade`, which answers an error by ending the process.
    """
    from alembic import command

    command.upgrade(_configuration(app), "head")


def prepare_logs() -> None:
    """Bring the logs' tables up to date where they have a database of their own.

    Migrations do not reach it. What they add to these tables is added here from the models: tables,
    columns that may be empty, indexes. Anything else needs a migration that looks for it.
    """
    if logs_engine() is db.engine:
        return
    models = (Action, ActionDay, ApiRequest, ApiRequestCount)
    tables = [db.metadata.tables[model.__tablename__] for model in models]
    with logs_engine().connect().execution_options(lodge_write=True) as connection:
        db.metadata.create_all(connection, tables)
        for table in tables:
            _complete(connection, table)
        connection.commit()


def _complete(connection: Connection, table: Table) -> None:
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
