"""`flask backup DIR`: a copy of the whole desk."""

import shutil
from contextlib import suppress
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy import inspect

from portal import schema
from portal.backups import BackupError, contents, folder
from portal.backups.folder import FILES, Manifest
from portal.cli.backups import backup_files, backup_store
from portal.cli.backups.backup_databases import dump, engines, errors_in_one_line, refuse_pooler
from portal.durable_files import sync_folder
from portal.errors import ReadOnlyDesk
from portal.extensions import begin_maintenance_write, begin_write, db
from portal.models.operations import HeartbeatName, ReadOnlyMode
from portal.services.operations import heartbeats


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@with_appcontext
def backup(directory: Path) -> None:
    """Copy database and files into DIR, a folder that is made. The desk stays open.

    DIR appears when all of it is there and has been read again. It holds what customers wrote and
    the hashes of passwords: keep it where nobody else can read. ENCRYPTION_MASTER_KEY is not in
    it, and without that key what is stored encrypted is lost: keep `.env` in another place.
    """
    with errors_in_one_line():
        refuse_pooler()
        unfinished = _prepare(directory)
        try:
            missing, unreadable = _back_up(unfinished)
            unfinished.rename(directory)
            sync_folder(directory.parent)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    size = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    click.echo(f"{directory}: {size / 1024 / 1024:.1f} MB, checked")
    backup_files.report_faults(unreadable)
    is_whole = not unreadable and not missing
    with suppress(ReadOnlyDesk):
        _begin_beat()
        heartbeats.beat(HeartbeatName.BACKUP if is_whole else HeartbeatName.INCOMPLETE_BACKUP)
        db.session.commit()
    if unreadable:
        raise click.ClickException(f"{len(unreadable)} files of the store could not be read")
    if missing:
        raise click.ClickException(f"{missing} files that the database names are not in the store")


def _begin_beat() -> None:
    """Raises ReadOnlyDesk. A backup is made before an upgrade: its schema may be older."""
    if inspect(db.session.connection()).has_table(ReadOnlyMode.__tablename__):
        begin_write()
    else:
        begin_maintenance_write()


def _prepare(directory: Path) -> Path:
    """Create `DIR.unfinished` beside `directory`, which must be missing or empty."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BackupError(f"{directory} is there already: name a new folder")
    unfinished = directory.absolute().with_name(f"{directory.name}.unfinished")
    if unfinished.exists():
        raise BackupError(f"{unfinished} is there: another backup is being made, or was broken off")
    unfinished.mkdir(mode=0o700, parents=True)
    (unfinished / FILES).mkdir(mode=0o700)
    return unfinished


def _back_up(target: Path) -> tuple[int, dict[str, str]]:
    """Write everything into `target`.

    Returns the number of files that the database names and the store lacks, and those that cannot
    be read with the reason of each.
    """
    copies, keys = {}, set()
    store, desk = backup_store.store_to_back_up()
    for name, engine in engines().items():
        copies[name], named = dump(engine, target, name)
        keys |= named
    # After the database: a file is stored before the row that names it.
    sums, unreadable = backup_files.copy_all(store, target)
    for copy in copies.values():
        sums[copy.file] = folder.digest(target / copy.file)
    files = len(sums) - len(copies)
    manifest = Manifest(contents.timestamp(), schema.latest_revision(), copies, files, desk)
    folder.write(target, manifest, sums)
    wanted = {f"{FILES}/{key}" for key in keys}
    return len(wanted - sums.keys() - unreadable.keys()), unreadable
