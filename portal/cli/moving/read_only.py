"""`flask read-only`: the desk takes no changes, or takes them again."""

from datetime import timedelta

import click
from flask.cli import AppGroup

from portal import clock
from portal.cli.backups import data_loss
from portal.cli.backups.backup_databases import errors_in_one_line
from portal.cli.moving import closing
from portal.i18n import iso
from portal.queries.operations import read_only as queries

read_only = AppGroup("read-only", help="Let the desk take no changes, or take them again.")


@read_only.command("on")
@click.option(
    "--minutes", type=click.IntRange(1, 7 * 24 * 60), help="How long it is expected to last."
)
def switch_on(minutes: int | None) -> None:
    """Take no changes, in every process, and return when nothing changes any more.

    Pages can be read, and say so. What is written is refused with 503 and shown again, mail waits
    where it comes from, jobs wait, and nobody can sign in.
    """
    with errors_in_one_line():
        closing.close(None if minutes is None else clock.now() + timedelta(minutes=minutes))
    click.echo("the desk is read-only, and nothing is being written any more")


@read_only.command("off")
@data_loss.yes_option
def switch_off(yes: bool) -> None:
    """Take changes again. After a move this would be the old database, so that is asked."""
    mode = queries.current()
    if mode is None:
        click.echo("the desk was not read-only")
        return
    if mode.moved_to:
        loss = f"what is written here from now on, since the desk was moved to {mode.moved_to}"
        data_loss.confirm_loss([loss], yes=yes)
    closing.open_again()
    click.echo("the desk takes changes again")


@read_only.command()
def status() -> None:
    """Say whether the desk is read-only; exit code 1 when it is."""
    mode = queries.current()
    click.echo("the desk takes changes" if mode is None else describe(mode))
    if mode is not None:
        raise SystemExit(1)


def describe(mode: queries.ReadOnly) -> str:
    """Since when, and why, in one line."""
    since = f"read-only since {iso(mode.since)}"
    if mode.moved_to:
        return f"{since}: it was moved to {mode.moved_to}, so let DATABASE_URL lead there"
    until = "" if mode.until is None else f", until about {iso(mode.until)}"
    return f"{since}{until}: `flask --app wsgi read-only off` lets it take changes again"
