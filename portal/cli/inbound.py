"""`flask inbound`: take mails in from a pipe, from files, or from Maildirs."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from portal.errors import DomainError, TooLarge
from portal.inbound import receive
from portal.mail_parsing.process import MAX_BYTES
from portal.models.inbound import InboundWay

# Of sysexits.h, by which mail servers know whether to bring it again.
_DATA_ERROR = 65
_TRY_LATER = 75


@click.command("inbound")
@click.argument(
    "sources", nargs=-1, required=True, metavar="FILE|MAILDIR|-", type=click.Path(path_type=Path)
)
@click.option("--to", "recipients", multiple=True, help="The address that it was delivered to.")
@with_appcontext
def inbound(sources: tuple[Path, ...], recipients: tuple[str, ...]) -> None:
    """Keep mails, and let the worker read them.

    FILE is one mail, - the mail on standard input, MAILDIR a folder whose new mails become seen. A
    mail that came before is known. Exit code 75: it is not kept, and should be brought again.
    """
    for path in _mails(sources):
        try:
            kept = receive(_read(path), way=InboundWay.COMMAND, recipients=recipients)
        except TooLarge:
            click.echo(f"{path} is larger than {MAX_BYTES // 1024 // 1024} MB", err=True)
            sys.exit(_DATA_ERROR)
        except (DomainError, SQLAlchemyError, OSError) as error:
            click.echo(f"{path} is not kept: {type(error).__name__}: {error}", err=True)
            sys.exit(_TRY_LATER)
        _mark_seen(path)
        click.echo(f"{kept.id} {'is kept' if kept.is_new else 'was kept before'}")


def _mails(sources: tuple[Path, ...]) -> Iterator[Path]:
    for source in sources:
        if source.is_dir():
            yield from sorted(path for path in (source / "new").glob("*") if path.is_file())
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
