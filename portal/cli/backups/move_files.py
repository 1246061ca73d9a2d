"""`flask move-files`: the files of the desk go from a folder into a bucket, or back."""

from collections import Counter
from datetime import timedelta

import click
from flask import current_app
from flask.cli import with_appcontext

from portal import clock
from portal.backups import BackupError
from portal.cli.backups.backup_databases import errors_in_one_line
from portal.errors import ConfigError
from portal.queries.operations import desk as desks
from portal.services.operations import desk as services
from portal.storage import SHARDS, Storage, copying, open_storage
from portal.storage.copying import Outcome


@click.command("move-files")
@click.argument("to_url", metavar="URL")
@click.option("--from", "from_url", metavar="URL", help="Where they are; default: FILES_URL.")
@with_appcontext
def move_files(to_url: str, from_url: str | None) -> None:
    """Copy the desk's files to URL (file:///path or s3://bucket/prefix), each checked.

    The desk goes on meanwhile. Then set FILES_URL to URL everywhere, restart, and call it once more
    with --from and the former address, for what came in between. Nothing is deleted. After an
    interruption it goes on where it was.
    """
    used = current_app.config["FILES_URL"]
    from_url = from_url or used
    with errors_in_one_line():
        if from_url == to_url:
            raise BackupError("the files are there already")
        source, target = _open(from_url), _open(to_url)
        _hand_over(source, target)
        found = _copy_all(source, target)
    click.echo(f"{found[Outcome.COPIED]} copied, {found[Outcome.THERE]} were there")
    if bad := found[Outcome.DAMAGED]:
        raise click.ClickException(f"{bad} could not be copied; all others are there")
    if to_url != used:
        click.echo(f"Now set FILES_URL={to_url} everywhere and restart. Then, once more:")
        click.echo(f"flask --app wsgi move-files {to_url} --from {from_url}")


def _open(url: str) -> Storage:
    try:
        return open_storage(url, account=current_app.config["S3_ACCOUNT"])
    except ConfigError as error:
        raise BackupError(str(error).replace("FILES_URL", "URL")) from None


def _hand_over(source: Storage, target: Storage) -> None:
    """Make the target the desk's, too. Raises BackupError when either is somebody else's."""
    desk = desks.find()
    if desk is None:
        raise BackupError("the schema is older than this code: flask --app wsgi db upgrade")
    if reason := services.ownership_problem(desk, source):
        raise BackupError(reason)
    owner = target.owner()
    if owner is None and not target.is_empty():
        raise BackupError("there are files at URL that are not this desk's: name an empty place")
    if owner not in {None, desk.key}:
        raise BackupError("at URL are the files of another desk: name an empty place")
    target.claim(desk.key)


def _copy_all(source: Storage, target: Storage) -> Counter[Outcome]:
    found: Counter[Outcome] = Counter()
    everything = clock.now() + timedelta(days=1)
    with click.progressbar(range(SHARDS), label="Copying files") as bar:
        for shard in bar:
            for key in source.keys(shard, older_than=everything):
                # With a dot it is being written: no row names it yet.
                if "." not in key:
                    found[_copy(key, source, target)] += 1
    return found


def _copy(key: str, source: Storage, target: Storage) -> Outcome:
    """One that cannot be read stops no other."""
    try:
        outcome = copying.copy(key, source, target)
    except OSError as error:
        click.echo(f"{key} cannot be read: {error.strerror}", err=True)
        return Outcome.DAMAGED
    if outcome is Outcome.DAMAGED:
        click.echo(f"{key} is another one when it is read back", err=True)
    return outcome
