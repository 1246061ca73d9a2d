"""`flask backup DIR` and `flask restore DIR`: a copy of the whole desk, and the way back."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Engine, func, inspect, select

from portal import schema
from portal.backups import BackupError, contents, folder, sqlite
from portal.backups.folder import FILES, Copy, Manifest
from portal.cli import backup_files, backup_store, losing
from portal.durable_files import sync_folder
from portal.errors import StorageFull
from portal.extensions import begin_write, db, logs_engine
from portal.models.operations import Desk, Heartbeat, Pulse
from portal.models.people import User
from portal.models.tickets import Attachment, Comment, Ticket
from portal.services.operations import heartbeats

_FILE = {"sqlite": "sqlite3", "postgresql": "pgdump"}
# What a desk is thought of in.
_COUNTED = {"ticket(s)": Ticket, "message(s)": Comment, "account(s)": User, "file(s)": Attachment}


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@with_appcontext
def backup(directory: Path) -> None:
    """Copy database and files into DIR, a folder that is made. The desk stays open.

    DIR appears when all of it is there and has been read again. It holds what customers wrote and
    the hashes of passwords: keep it where nobody else can read. ENCRYPTION_MASTER_KEY is not in
    it, and without that key what is stored encrypted is lost: keep `.env` in another place.
    """
    with _said_in_one_line():
        _ask_for_no_pooler()
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
    backup_files.tell(unreadable)
    if unreadable:
        raise click.ClickException(f"{len(unreadable)} files of the store could not be read")
    if missing:
        raise click.ClickException(f"{missing} files that the database names are not in the store")
    begin_write()
    heartbeats.beat(Pulse.BACKUP)
    db.session.commit()


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--replace", is_flag=True, help="Throw away what is in the database now.")
@click.option("--without-damaged-files", is_flag=True, help="Leave out attachments that changed.")
@losing.option
@with_appcontext
def restore(directory: Path, replace: bool, without_damaged_files: bool, yes: bool) -> None:
    """Bring back what `backup` wrote to DIR, after checking that none of it has changed.

    Close the desk first. Nobody is signed in afterwards, mailed links and invitations open nothing,
    and mail and events for webhooks that were owed are parked, because they may have been sent
    since: `flask outbox retry --parked` sends mail. Passwords, second factors and API keys are
    those of then, also keys that were revoked and recovery codes that were used since.
    """
    with _said_in_one_line():
        _ask_for_no_pooler()
        manifest, sums = folder.read(directory)
        _check(directory, manifest, replace=replace)
        sound = backup_files.whole(directory, sums, without=without_damaged_files)
        store = backup_store.to_restore_to(manifest.desk, backup_files.keys_in(sums))
        if content := _content():
            losing.agree([content], yes=yes)
        backup_files.restore_all(store, directory, sound)
        with backup_store.handing_over(store, manifest.desk):
            _restore_databases(directory, manifest)
    click.echo(f"restored what was backed up at {manifest.made_at}")
    if manifest.schema != schema.wanted():
        click.echo("it has an older schema: now run `flask --app wsgi db upgrade`")
    if damaged := len(sums) - len(sound):
        raise click.ClickException(f"{damaged} files are damaged and did not come back")


def _ask_for_no_pooler() -> None:
    """PostgreSQL's programs change settings of the session that PgBouncer lends them.

    Whoever is lent it next would not find a table any more.
    """
    if pooled := current_app.config["POOLED_DATABASES"]:
        raise BackupError(
            f"{pooled[0]} leads to PgBouncer: for this command, set it to PostgreSQL itself"
        )


def _prepare(directory: Path) -> Path:
    """An empty folder beside `directory`, which must not be there or be empty."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BackupError(f"{directory} is there already: name a new folder")
    unfinished = directory.absolute().with_name(f"{directory.name}.unfinished")
    if unfinished.exists():
        raise BackupError(f"{unfinished} is there: another backup is being made, or was broken off")
    unfinished.mkdir(mode=0o700, parents=True)
    (unfinished / FILES).mkdir(mode=0o700)
    return unfinished


def _back_up(target: Path) -> tuple[int, dict[str, str]]:
    """Write everything; answers how many files are named by the database and not there.

    And what is there but cannot be read, each with its reason.
    """
    copies, keys = {}, set()
    store, desk = backup_store.to_back_up()
    for name, engine in _engines().items():
        copies[name], named = _dump(engine, target, name)
        keys |= named
    # After the database: a file is stored before the row that names it.
    sums, unreadable = backup_files.copy_all(store, target)
    for copy in copies.values():
        sums[copy.file] = folder.digest(target / copy.file)
    files = len(sums) - len(copies)
    manifest = Manifest(contents.stamp(), schema.wanted(), copies, files, desk)
    folder.write(target, manifest, sums)
    wanted = {f"{FILES}/{key}" for key in keys}
    return len(wanted - sums.keys() - unreadable.keys()), unreadable


def _engines() -> dict[str, Engine]:
    """The databases of this desk by the names that a backup gives them."""
    logs = logs_engine()
    return {"database": db.engine} | ({} if logs is db.engine else {"logs": logs})


def _dump(engine: Engine, target: Path, name: str) -> tuple[Copy, set[str]]:
    kind = engine.dialect.name
    file = f"{name}.{_FILE[kind]}"
    with _progress(f"Copying {name}") as progress:
        if kind == "sqlite":
            rows = sqlite.dump(Path(engine.url.database or ""), target / file, progress)
            keys = sqlite.stored_keys(target / file)
        else:
            rows, keys = _postgresql().dump(engine.url, target / file, progress)
    return Copy(kind, file, rows), keys


def _restore_databases(directory: Path, manifest: Manifest) -> None:
    for name, copy in manifest.databases.items():
        found = _load(_engines()[name], directory / copy.file, name)
        if different := contents.differences(copy.rows, found):
            raise BackupError(f"rows are missing or too many in: {', '.join(different)}")


def _load(engine: Engine, source: Path, name: str) -> dict[str, int]:
    # Nobody of ours may hold a table meanwhile.
    db.session.remove()
    engine.dispose()
    with _progress(f"Restoring {name}") as progress:
        if engine.dialect.name == "sqlite":
            return sqlite.load(source, Path(engine.url.database or ""), progress)
        rows: dict[str, int] = _postgresql().load(source, engine.url, progress)
        return rows


def _check(directory: Path, manifest: Manifest, *, replace: bool) -> None:
    """Whether this backup can go where it shall. Raises BackupError."""
    engines = _engines()
    if manifest.databases.keys() != engines.keys():
        raise BackupError("LOGS_DATABASE_URL is not set as it was when the backup was made")
    for name, copy in manifest.databases.items():
        if copy.kind != engines[name].dialect.name:
            raise BackupError(f"{directory} is of {copy.kind}, not of {engines[name].dialect.name}")
    if manifest.schema not in schema.known():
        raise BackupError(f"{directory} is from a newer Lodge (its schema is {manifest.schema})")
    if not replace and any(not _is_empty(engine) for engine in engines.values()):
        raise BackupError("the database is not empty; --replace throws away what is in it")


def _content() -> str:
    """What is in the database, in words; nothing when nothing is."""
    if all(map(_is_empty, _engines().values())):
        return ""
    there = set(inspect(db.engine).get_table_names())
    with db.engine.connect() as connection:
        counts = [
            f"{connection.scalar(select(func.count()).select_from(model))} {name}"
            for name, model in _COUNTED.items()
            if model.__tablename__ in there
        ]
    return f"all that is in the database: {', '.join(counts) or 'logs'}"


def _is_empty(engine: Engine) -> bool:
    with engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
        # A probe may have knocked already, and each desk has its key.
        wanted = there - {Heartbeat.__tablename__, Desk.__tablename__}
        tables = [table for table in db.metadata.sorted_tables if table.name in wanted]
        return all(connection.execute(select(t).limit(1)).first() is None for t in tables)


@contextmanager
def _progress(label: str) -> Iterator[Callable[[int, int], None]]:
    bar: Any
    with click.progressbar(length=1000, label=label) as bar:

        def show(done: int, total: int) -> None:
            bar.update(done * 1000 // max(total, 1) - bar.pos)

        yield show
        show(1, 1)


@contextmanager
def _said_in_one_line() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    except StorageFull:
        raise click.ClickException("the file store cannot be written, or is full") from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'the disk'}: {error.strerror}") from None


def _postgresql() -> ModuleType:
    """Loaded when it is used: each process of a desk on SQLite would carry 8 MB for nothing."""
    from portal.backups import postgresql

    return postgresql
