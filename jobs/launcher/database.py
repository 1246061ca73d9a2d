"""Migrate, fill an empty desk, say what is there."""

import logging
import re

import click
from alembic.util import CommandError
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from portal.cli import accounts, demo, migrations
from portal.errors import ConfigError
from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import Ticket
from portal.path_urls import to_path
from portal.queries.people import users


def prepare(app: Flask) -> None:
    """Do so. Raises ConfigError, one line, when that cannot be done."""
    try:
        with app.app_context():
            _fill(app)
            _say_what_is_there(app)
    except (CommandError, DBAPIError, click.ClickException) as error:
        raise ConfigError(_one_line(error)) from error


def _fill(app: Flask) -> None:
    logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)
    migrations.upgrade(app)
    new = db.session.scalar(select(User.id).limit(1)) is None
    accounts.create_first_accounts()
    if new and db.session.scalar(select(Ticket.id).limit(1)) is None:
        print("Writing the demonstration (once)…", flush=True)
        for _ in demo.seed():
            pass


def _say_what_is_there(app: Flask) -> None:
    print(f"Lodge: {app.config['BASE_URL']} (listens on this machine only)")
    for role, (email, password) in app.config["INITIAL_ACCOUNTS"].items():
        if users.by_typed_email(email) is not None:
            print(f"  {role:<9}{email} / {password}")
    print(f"Mail: {_mail(app.config['MAIL_URL'])}", flush=True)


def _mail(url: str) -> str:
    if url.startswith("folder://"):
        return f"written to {to_path(url)}/*.eml"
    return f"sent through {re.sub('//.*@', '//', url)}"


def _one_line(error: BaseException) -> str:
    if isinstance(error, DBAPIError):
        return f"the database cannot be used: {str(error.orig).strip().splitlines()[0]}"
    if match := re.search("Can't locate revision identified by '([^']*)'", str(error)):
        return f"the database is from a newer version of Lodge (its schema is {match[1]!r})"
    text = error.message if isinstance(error, click.ClickException) else str(error)
    return text.strip().splitlines()[-1]
