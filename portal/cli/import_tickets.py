"""`flask import-tickets`: tickets of another help desk, from a CSV file."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import click
from flask.cli import with_appcontext

from portal.extensions import begin_write, db
from portal.isolation import attempt_together
from portal.models.people import Actor, Role, User
from portal.models.tickets import TicketStatus
from portal.queries.people import users
from portal.services.tickets import imports
from portal.services.tickets.import_rows import COLUMNS, OPTIONAL, Row, parse, repeated

_BATCH = 200
_MAX_FIELD = 16 * 1024 * 1024
_SHOWN = 100


@click.command("import-tickets")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--requester", metavar="EMAIL", help="Whose tickets these are.")
@click.option("--staff", metavar="EMAIL", help="Who gave the answers.")
@click.option(
    "--answered",
    type=click.Choice([status.value for status in TicketStatus if status != TicketStatus.NEW]),
    default=TicketStatus.SOLVED.value,
    show_default=True,
    help="The status of tickets with an answer; others are new.",
)
@with_appcontext
def import_tickets(file: Path, requester: str | None, staff: str | None, answered: str) -> None:
    """Take in FILE, a CSV file in UTF-8 with a ticket a row. Sends no mail.

    Its first line names the columns, in any order: subject, body, answer, type, queue, priority,
    language, tags; and, if known, channel: by which way each came there (page, api, import).
    Without --requester and --staff two disabled accounts stand for the people of the other desk.
    Rows that are here already are left alone. Rows that cannot be taken are listed with their
    line, the others come in, and the exit code is 1.
    """
    total = _check(file)
    begin_write()
    importer = _Importer(
        requester=_person(requester, Role.CUSTOMER),
        staff=_person(staff, Role.STAFF),
        answered=TicketStatus(answered),
    )
    db.session.commit()
    problems: list[str] = []
    with click.progressbar(length=total, label="Tickets") as bar:
        rows = _rows(file, problems)
        while batch := dict(islice(rows, _BATCH)):
            failed = attempt_together("line", importer.import_batch, batch)
            problems += [f"line {number}: cannot be stored, the log says why" for number in failed]
            bar.update(importer.taken + len(problems) - bar.pos)
    _report(importer.added, importer.taken - importer.added, problems)


@dataclass
class _Importer:
    """Adds batches of rows, each in one transaction, and counts rows taken and added."""

    requester: Actor
    staff: Actor
    answered: TicketStatus
    added: int = 0
    taken: int = 0

    def import_batch(self, rows: list[Row]) -> None:
        prepared = [imports.prepare(row) for row in rows]
        try:
            begin_write()
            added = imports.add(
                prepared, requester=self.requester, staff=self.staff, answered=self.answered
            )
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        self.added += added
        self.taken += len(rows)


def _report(added: int, known: int, problems: list[str]) -> None:
    for problem in problems[:_SHOWN]:
        click.echo(problem, err=True)
    if len(problems) > _SHOWN:
        click.echo(f"… and {len(problems) - _SHOWN} more", err=True)
    click.echo(f"{added} imported, {known} here already, {len(problems)} not taken")
    if problems:
        raise SystemExit(1)


def _person(email: str | None, role: Role) -> Actor:
    """The account of `email`, or the one that stands in for it. Raises ClickException."""
    if email is None:
        return imports.placeholder_user(role).actor
    user: User | None = users.by_typed_email(email)
    if user is None:
        raise click.ClickException(f"{email} has no account")
    if (user.role == Role.CUSTOMER) != (role == Role.CUSTOMER):
        kind = "a customer" if role == Role.CUSTOMER else "on the staff"
        raise click.ClickException(f"{email} is not {kind}")
    return user.actor


def _check(file: Path) -> int:
    """Read the whole file, check its header, return the number of rows. Raises ClickException."""
    try:
        lines = _lines(file)
        header = next(lines, None)
        if header is None:
            raise click.ClickException(f"{file} is empty")
        _check_header(header[1])
        return sum(1 for _ in lines)
    except UnicodeDecodeError as problem:
        raise click.ClickException(f"{file} is not a text in UTF-8: {problem.reason}") from None
    except csv.Error as problem:
        raise click.ClickException(f"{file} is not a CSV file: {problem}") from None
    except OSError as problem:
        raise click.ClickException(f"{file} cannot be read: {problem.strerror}") from None


def _check_header(header: list[str]) -> None:
    names = _names(header)
    if missing := [name for name in COLUMNS if name not in names]:
        raise click.ClickException(f"the first line lacks columns: {', '.join(missing)}")
    if extra := [
        repr(name[:40])
        for name, n in Counter(names).items()
        if n > 1 or name not in {*COLUMNS, *OPTIONAL}
    ]:
        raise click.ClickException(f"the first line has columns too many: {', '.join(extra)}")


def _names(header: list[str]) -> list[str]:
    return [name.strip().lower() for name in header]


def _lines(file: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, fields) of each record that is not empty."""
    csv.field_size_limit(_MAX_FIELD)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, strict=True)
        first = 1
        for fields in reader:
            if fields:
                yield first, fields
            first = reader.line_num + 1


def _rows(file: Path, problems: list[str]) -> Iterator[tuple[int, Row]]:
    """(line number, row) of each valid row; errors of the others are added to `problems`."""
    lines = _lines(file)
    names = _names(next(lines)[1])
    seen: Counter[str] = Counter()
    for number, fields in lines:
        try:
            if len(fields) != len(names):
                raise ValueError(f"{len(fields)} fields instead of {len(names)}")
            row = parse(dict(zip(names, fields, strict=True)))
        except ValueError as problem:
            problems.append(f"line {number}: {problem}")
            continue
        yield number, repeated(row, seen[row.key]) if row.key in seen else row
        seen[row.key] += 1
