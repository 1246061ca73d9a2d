"""Flask-Migrate's commands with our checks before them and errors in one line."""

from collections.abc import Callable
from functools import cache
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError

from portal import schema
from portal.cli import downgrades
from portal.cli.backups import data_loss
from portal.errors import ReadOnlyDesk
from portal.extensions import db
from portal.models.operations import ReadOnlyMode
from portal.queries.operations import read_only

_ASK_THE_DATABASE = {"upgrade", "downgrade", "current", "check", "stamp", "migrate"}


@cache
def wrap_commands() -> None:
    """Wrap all `flask db` commands. Cached: a process has one set of them."""
    from flask_migrate import cli

    data_loss.yes_option(cli.db.commands["downgrade"])
    for name, command in cli.db.commands.items():
        command.callback = _wrapped(name, command.callback)


def _wrapped(name: str, callback: Callable[..., Any]) -> Callable[..., Any]:
    @with_appcontext
    def call(**given: Any) -> Any:
        if f"db {name}" in data_loss.FOR_DEVELOPMENT:
            data_loss.refuse_outside_development(f"db {name}")
        if name in _ASK_THE_DATABASE:
            _refuse_a_newer_schema()
        if name in {"upgrade", "downgrade"}:
            _refuse_a_read_only_desk()
        if name == "downgrade":
            _confirm_downgrade(given["revision"], yes=given.pop("yes"))
        return callback(**given)

    return call


def _refuse_a_newer_schema() -> None:
    try:
        revision = schema.database_revision(db.session.connection())
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(f"the database cannot be used: {reason}") from None
    finally:
        db.session.remove()
    if revision is not None and revision not in schema.known_revisions():
        raise click.ClickException(
            f"the database is newer (its schema is {revision}) than this code, which leaves it as "
            "it is; see Roll back in docs/operate.md"
        )


def _refuse_a_read_only_desk() -> None:
    """Raise ReadOnlyDesk: a database that is copied must keep its schema, too."""
    try:
        there = inspect(db.session.connection()).has_table(ReadOnlyMode.__tablename__)
        if there and read_only.current() is not None:
            raise ReadOnlyDesk
    finally:
        db.session.remove()


def _confirm_downgrade(revision: str, *, yes: bool) -> None:
    from alembic.util import CommandError

    config = current_app.extensions["migrate"].migrate.get_config()
    try:
        losses = downgrades.losses(config, revision)
    except CommandError as error:
        raise click.ClickException(str(error)) from None
    if losses:
        data_loss.confirm_loss(losses, yes=yes)
