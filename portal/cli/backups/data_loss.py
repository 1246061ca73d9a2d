"""Which commands lose data, and their question. Lists every command of `flask --app wsgi`."""

import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

import click
from flask import current_app

LOSES = {
    "restore": "with --replace: what is in the database",
    "claim-files": "files in a folder that may be somebody else's",
    "outbox drop": "mails, which are never sent",
    "read-only off": "after a move: what is then written to the database that was left",
    "db downgrade": "tables, columns and rows that the older schema has no place for",
}
# Commands for writing migrations.
FOR_DEVELOPMENT = {
    "db init": "writes files",
    "db revision": "writes a migration",
    "db migrate": "writes a migration",
    "db edit": "changes a migration",
    "db merge": "writes a migration",
    "db stamp": "says that migrations were done which were not",
    "db downgrade": "loses data; old code runs with the newer schema",
}
HARMLESS = {
    "backup": "reads",
    "create-user": "adds",
    "doctor": "reads",
    "import-tickets": "adds; a second time nothing",
    "inbound": "adds; a second time nothing",
    "mail-doctor": "reads, and mails the desk itself",
    "setup-link": "ends the link of before, and only while nobody administers",
    "sync-products": "fetches what marketplaces have; what is gone there stays, and says so",
    "seed-demo": "adds, where no ticket is",
    "restore-ticket": "takes back a loss",
    "learn": "forgets what was learned, and learns it again",
    "rebuild-statistics": "forgets numbers, and counts them again",
    "rotate-keys": "writes the same under another key; what it cannot open stays",
    "move-database": "copies, and leaves the old one read-only",
    "move-files": "copies",
    "read-only on": "reads work, and `read-only off` ends it",
    "read-only status": "reads",
    "outbox list": "reads",
    "outbox status": "reads",
    "outbox retry": "sends",
    "outbox park": "until `retry`",
    "db upgrade": "migrations forward keep what is there",
    "db show": "reads",
    "db history": "reads",
    "db heads": "reads",
    "db branches": "reads",
    "db current": "reads",
    "db check": "reads",
    "db list-templates": "reads",
    "openapi print": "reads",
    "openapi write": "writes the API's document to a file that is named",
    "openapi list-config-prefixes": "reads",
    "limiter limits": "reads",
    "limiter config": "reads",
    "limiter clear": "asks, and forgets who has tried how often",
    "run": "Flask's: serves, on this machine",
    "shell": "Flask's: does what is typed",
    "routes": "Flask's: reads",
}
_IN_A_LINE = 10

yes_option = click.option("--yes", is_flag=True, help="Lose what is named without a question.")


def confirm_loss(losses: Sequence[str], *, yes: bool) -> None:
    """Return if `yes` was given or somebody at a terminal confirms the losses.

    Raises ClickException otherwise.
    """
    if not yes and not at_terminal():
        more = [f"and {len(losses) - _IN_A_LINE} more"] if len(losses) > _IN_A_LINE else []
        named = "; ".join([*losses[:_IN_A_LINE], *more])
        raise click.ClickException(f"this loses {named}. Without a terminal, say --yes")
    click.echo("\n  ".join(["This loses", *losses]), err=True)
    if not yes:
        _ask_for_name()


def at_terminal() -> bool:
    return sys.stdin.isatty()


def refuse_outside_development(way: str) -> None:
    """Raise ClickException without `flask --debug` or FLASK_DEBUG=1."""
    if not current_app.debug:
        raise click.ClickException(
            f"`{way}` is for development (flask --debug): it {FOR_DEVELOPMENT[way]}. "
            "See Roll back in docs/operate.md"
        )


def _ask_for_name() -> None:
    """Ask for the desk's host name: who is on the wrong machine notices."""
    name = urlsplit(current_app.config["BASE_URL"]).hostname
    typed = click.prompt(f"Type {name} to go on", default="", show_default=False, err=True)
    if typed.strip() != name:
        raise click.ClickException("nothing was changed")
