"""`flask restore DIR`: the desk as `flask backup` copied it."""

from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import func, inspect, select

from portal import schema
from portal.backups import BackupError, contents, folder
from portal.backups.folder import Manifest
from portal.cli.backups import backup_files, backup_store, data_loss
from portal.cli.backups.backup_databases import (
    engines,
    errors_in_one_line,
    is_empty,
    load,
    refuse_pooler,
)
from portal.extensions import begin_maintenance_write, db
from portal.models.operations import Heartbeat, HeartbeatName
from portal.models.people import User
from portal.models.tickets import Attachment, Comment, Ticket
from portal.services.operations import heartbeats

# What the question before --replace counts.
_COUNTED = {"ticket(s)": Ticket, "message(s)": Comment, "account(s)": User, "file(s)": Attachment}


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--replace", is_flag=True, help="Throw away what is in the database now.")
@click.option("--without-damaged-files", is_flag=True, help="Leave out attachments that changed.")
@data_loss.yes_option
@with_appcontext
def restore(directory: Path, replace: bool, without_damaged_files: bool, yes: bool) -> None:
    """Bring back what `backup` wrote to DIR, after checking that none of it has changed.

    Close the desk first. Nobody is signed in afterwards, mailed links and invitations open nothing,
    and mail and events for webhooks that were owed are parked, because they may have been sent
    since: `flask outbox retry --parked` sends mail. Passwords, second factors and API keys are
    those of then, also keys that were revoked and recovery codes that were used since.
    """
    with errors_in_one_line():
        refuse_pooler()
        manifest, sums = folder.read(directory)
        _check(directory, manifest, replace=replace)
        sound = backup_files.verified_files(directory, sums, without=without_damaged_files)
        store = backup_store.store_to_restore_to(manifest.desk, backup_files.keys_in(sums))
        if content := _content():
            data_loss.confirm_loss([content], yes=yes)
        backup_files.restore_all(store, directory, sound)
        with backup_store.handed_over(store, manifest.desk):
            _restore_databases(directory, manifest)
    _note_restore()
    click.echo(f"restored what was backed up at {manifest.made_at}")
    if manifest.schema != schema.latest_revision():
        click.echo("it has an older schema: now run `flask --app wsgi db upgrade`")
    if damaged := len(sums) - len(sound):
        raise click.ClickException(f"{damaged} files are damaged and did not come back")


def _restore_databases(directory: Path, manifest: Manifest) -> None:
    for name, copy in manifest.databases.items():
        found = load(engines()[name], directory / copy.file, name)
        if different := contents.row_count_differences(copy.rows, found):
            raise BackupError(f"rows are missing or too many in: {', '.join(different)}")


def _note_restore() -> None:
    """Tell `doctor` why nothing runs, where the schema has a place for it."""
    if not inspect(db.engine).has_table(Heartbeat.__tablename__):
        return
    begin_maintenance_write()
    heartbeats.beat(HeartbeatName.RESTORE)
    db.session.commit()


def _check(directory: Path, manifest: Manifest, *, replace: bool) -> None:
    """Raise BackupError if this backup does not fit the present databases or code."""
    databases = engines()
    if manifest.databases.keys() != databases.keys():
        raise BackupError("LOGS_DATABASE_URL is not set as it was when the backup was made")
    for name, copy in manifest.databases.items():
        if copy.kind != databases[name].dialect.name:
            raise BackupError(
                f"{directory} is of {copy.kind}, not of {databases[name].dialect.name}"
            )
    if manifest.schema not in schema.known_revisions():
        raise BackupError(f"{directory} is from a newer Lodge (its schema is {manifest.schema})")
    if not replace and any(not is_empty(engine) for engine in databases.values()):
        raise BackupError("the database is not empty; --replace throws away what is in it")


def _content() -> str:
    """What is in the database, as text; empty if nothing is."""
    if all(map(is_empty, engines().values())):
        return ""
    there = set(inspect(db.engine).get_table_names())
    with db.engine.connect() as connection:
        counts = [
            f"{connection.scalar(select(func.count()).select_from(model))} {name}"
            for name, model in _COUNTED.items()
            if model.__tablename__ in there
        ]
    return f"all that is in the database: {', '.join(counts) or 'logs'}"
