"""`flask move-database`: the desk goes from one database into another, of either kind."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from portal import clock, schema
from portal.cli import migrations
from portal.cli.backups.backup_databases import errors_in_one_line, refuse_pooler
from portal.cli.moving import closing
from portal.database_move import MoveError, copying, target
from portal.database_move.addresses import NEW, OLD, errors_of, name_of, open_target
from portal.database_move.copying import Contents, Progress
from portal.database_move.refusals import Refusal, refusals
from portal.database_move.rows import key_of
from portal.database_move.target import Move
from portal.extensions import begin_maintenance_write, db
from portal.models.operations import Desk
from portal.queries.operations import read_only
from portal.services.operations import read_only as services

_SHOWN = 10
# Copying, comparing both, and what may be slower than it was when the rows were looked at.
_TIMES_AS_LONG = 6
_SHORTEST = timedelta(minutes=2)
_CORRECT = "correct that first: the new database cannot hold it, and nothing was changed"
_STAYS_READ_ONLY = (
    "The desk stays read-only: mend what follows and call this again, "
    "or `flask --app wsgi read-only off` lets it take changes again."
)


@click.command("move-database")
@click.argument("url", metavar="URL")
@with_appcontext
def move_database(url: str) -> None:
    """Copy the desk's database to URL (sqlite:///path or postgresql://…), and compare all of it.

    First all rows are looked at, while the desk is open. Then it is read-only, as by
    `read-only on`, until it is used where it went. URL must be empty. After an interruption the
    same command goes on where it was. - as URL reads it from standard input, so that no list of
    processes shows its password.
    """
    with errors_in_one_line(), _errors_in_one_line():
        refuse_pooler()
        address = sys.stdin.readline().strip() if url == "-" else url
        move = Move(open_target(address), db.metadata, _desk())
        name = name_of(move.engine.url)
        if name == name_of(db.engine.url):
            raise MoveError("the desk is there already")
        try:
            with errors_of(OLD):
                if not _was_moved(move, name):
                    _move(move, name)
        except MoveError:
            _say_if_read_only()
            raise
        finally:
            move.engine.dispose()
    click.echo(f"Now set DATABASE_URL to {name}, with its password, everywhere, and restart.")
    click.echo("The old database stays read-only, and says where the desk is.")


def _was_moved(move: Move, name: str) -> bool:
    """Whether nothing is left to do. Raises MoveError when the desk has gone elsewhere."""
    mode = read_only.current()
    moved_to = "" if mode is None else mode.moved_to
    if moved_to and moved_to != name:
        raise MoveError(f"the desk was moved to {moved_to}; `read-only off` brings it back here")
    return bool(moved_to) and move.is_finished()


def _move(move: Move, name: str) -> None:
    mode = read_only.current()
    if not (move.check() and mode is not None and move.is_verified(mode.token)):
        counts, seconds = _look_at_all(move)
        expected = max(_SHORTEST, timedelta(seconds=seconds * _TIMES_AS_LONG))
        closing.close(clock.now() + expected)
        mode = read_only.current()
        assert mode is not None  # noqa: S101 - it was just begun
        move.prepare(mode.token, _upgrade)
        _copy_and_compare(move, sum(counts.values()))
        move.note_verified(mode.token)
    # In this order: whoever finds the old one takes no changes, whichever of them was written.
    begin_maintenance_write()
    services.note_move(name)
    db.session.commit()
    move.open()


def _look_at_all(move: Move) -> tuple[dict[str, int], float]:
    """Rows by table, and how long reading them took. Raises MoveError with what cannot go there."""
    began = time.monotonic()
    found: list[Refusal] = []
    counts = {}
    dialect = move.engine.dialect.name
    with db.engine.connect() as source, _bar("Looking", None) as bar:
        for table in move.tables:
            count, after = 0, None
            while lot := copying.read_rows(source, table, after, OLD):
                found += refusals(table, lot, dialect)
                count += len(lot)
                after = key_of(table, lot[-1])
                bar(len(lot))
            counts[table.name] = count
    for refusal in found[:_SHOWN]:
        click.echo(str(refusal), err=True)
    if found:
        raise MoveError(f"{len(found)} value(s) in all; {_CORRECT}")
    return counts, time.monotonic() - began


def _copy_and_compare(move: Move, total: int) -> None:
    with db.engine.connect() as source:
        with move.connection() as connection, _bar("Copying", total) as bar:
            for table in move.tables:
                copying.copy_table(source, connection, table, bar)
            counters = target.counters(source, move.tables)
        move.finish(counters)
        with move.reading() as new, _bar("Comparing", 2 * total) as bar:
            found = [
                (
                    table.name,
                    copying.contents(source, table, OLD, bar),
                    copying.contents(new, table, NEW, bar),
                )
                for table in move.tables
            ]
    _require_equal(found)
    rows = sum(old.rows for _name, old, _new in found)
    click.echo(f"{rows} rows in {len(found)} tables are there, with the same counts and hashes")


def _require_equal(found: list[tuple[str, Contents, Contents]]) -> None:
    different = [name for name, old, new in found if old != new]
    if different:
        raise MoveError(
            f"not the same in both databases: {', '.join(different)}: one "
            "of them is written to by other means. End that, empty the new one, and call it again"
        )


def _say_if_read_only() -> None:
    """Whoever reads the error has to know that nobody can write meanwhile."""
    with suppress(SQLAlchemyError):
        db.session.rollback()
        mode = read_only.current()
        if mode is not None and not mode.moved_to:
            click.echo(_STAYS_READ_ONLY, err=True)


def _upgrade(connection: Connection) -> None:
    migrations.upgrade_connection(current_app._get_current_object(), connection)  # type: ignore[attr-defined]


def _desk() -> str:
    """The key of the desk. Raises MoveError when its schema is not this code's."""
    if schema.database_revision(db.session.connection()) != schema.latest_revision():
        raise MoveError("the schema is not this code's: flask --app wsgi db upgrade")
    return db.session.execute(select(Desk.key)).scalar_one()


@contextmanager
def _bar(label: str, total: int | None) -> Iterator[Progress]:
    bar: Any
    with click.progressbar(length=total or 0, label=label) as bar:
        update: Callable[[int], object] = bar.update
        yield update


@contextmanager
def _errors_in_one_line() -> Iterator[None]:
    try:
        yield
    except MoveError as error:
        raise click.ClickException(str(error)) from None
