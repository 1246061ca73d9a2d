"""`flask inbound`: take mails in from a pipe, from files, or from folders."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from portal.errors import DomainError, TooLarge
from portal.extensions import db
from portal.inbound import receive
from portal.mail_parsing.process import MAX_BYTES
from portal.models.inbound import InboundWay

# Of sysexits.h, by which mail servers know whether to bring it again.
_KEPT = 0
_DATA_ERROR = 65
_TRY_LATER = 75


@click.command("inbound")
@click.argument(
    "sources", nargs=-1, required=True, metavar="FILE|FOLDER|-", type=click.Path(path_type=Path)
)
@click.option("--to", "recipients", multiple=True, help="The address that it was delivered to.")
@with_appcontext
def inbound(sources: tuple[Path, ...], recipients: tuple[str, ...]) -> None:
    """Keep mails, and let the worker read them.

    FILE is one mail, - the mail on standard input, FOLDER one with a mail in each file, or a
    Maildir, whose new mails become seen. A mail that came before is known. One that cannot be kept
    holds up no other. Exit code 75: one is not kept, and should be brought again; 65: one never
    will be.
    """
    results = [_take(path, recipients) for path in _mails(sources)]
    if any(source.is_dir() for source in sources):
        click.echo(f"{results.count(_KEPT)} of {len(results)} mails are kept")
    sys.exit(max(results, default=_KEPT))


def _take(path: Path, recipients: tuple[str, ...]) -> int:
    """Take one mail in; its exit code."""
    try:
        kept = receive(_read(path), way=InboundWay.COMMAND, recipients=recipients)
        _mark_seen(path)
    except TooLarge:
        click.echo(f"{path} is larger than {MAX_BYTES // 1024 // 1024} MB", err=True)
        return _DATA_ERROR
    except (DomainError, SQLAlchemyError, OSError) as error:
        db.session.rollback()
        click.echo(f"{path} is not kept: {type(error).__name__}: {error}", err=True)
        return _TRY_LATER
    click.echo(f"{kept.id} {'is kept' if kept.is_new else 'was kept before'}")
    return _KEPT


def _mails(sources: tuple[Path, ...]) -> Iterator[Path]:
    for source in sources:
        if source.is_dir():
            new = source / "new"
            folder = new if new.is_dir() else source
            yield from sorted(path for path in folder.iterdir() if path.is_file())
        else:
            yield source


def _read(path: Path) -> bytes:
    # One byte more than is taken tells whether there is too much.
    if str(path) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _mark_seen(path: Path) -> None:
    """Move a new mail of a Maildir to where its reader keeps those that were read."""
    if path.parent.name == "new":
        seen = path.parent.with_name("cur")
        seen.mkdir(mode=0o700, exist_ok=True)
        os.replace(path, seen / f"{path.name.partition(':')[0]}:2,S")
