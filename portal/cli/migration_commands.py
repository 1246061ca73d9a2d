"""Flask-Migrate's commands as operators meet them: none of them surprises, none speaks Alembic."""

from collections.abc import Callable
from functools import cache
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from portal import schema
from portal.cli import downgrades, losing
from portal.extensions import db

_ASK_THE_DATABASE = {"upgrade", "downgrade", "current", "check", "stamp", "migrate"}


@cache
def guard() -> None:
    """Put ourselves before them. Once: a process has one of each."""
    from flask_migrate import cli

    losing.option(cli.db.commands["downgrade"])
    for name, command in cli.db.commands.items():
        command.callback = _guarded(name, command.callback)


def _guarded(name: str, callback: Callable[..., Any]) -> Callable[..., Any]:
    @with_appcontext
    def call(**given: Any) -> Any:
        if f"db {name}" in losing.FOR_DEVELOPMENT:
            losing.refuse_outside_development(f"db {name}")
        if name in _ASK_THE_DATABASE:
            _refuse_a_newer_schema()
        if name == "downgrade":
            _agree(given["revision"], yes=given.pop("yes"))
        return callback(**given)

    return call


def _refuse_a_newer_schema() -> None:
    try:
        revision = schema.found(db.session.connection())
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise click.ClickException(f"the database cannot be used: {reason}") from None
    finally:
        db.session.remove()
    if revision is not None and revision not in schema.known():
        raise click.ClickException(
            f"the database is newer (its schema is {revision}) than this code, which leaves it as "
            "it is; see Roll back in docs/operate.md"
        )


def _agree(revision: str, *, yes: bool) -> None:
    from alembic.util import CommandError

    config = current_app.extensions["migrate"].migrate.get_config()
    try:
        losses = downgrades.losses(config, revision)
    except CommandError as error:
        raise click.ClickException(str(error)) from None
    if losses:
        losing.agree(losses, yes=yes)
