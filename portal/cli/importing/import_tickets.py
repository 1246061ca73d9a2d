"""`flask import-tickets`: tickets of another help desk, from a CSV file."""

from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from portal.cli.importing.import_options import (
    SYSTEM_NAMES,
    WORDS_HELP,
    GivenMap,
    encoding_option,
    given_map,
    print_fields,
    timezone_option,
)
from portal.cli.importing.import_output import show_format, show_left_out, show_preview
from portal.cli.importing.import_rejects import Rejects
from portal.cli.importing.import_run import Importer, Preview, batches
from portal.extensions import begin_write, db, lock_imports
from portal.importers.columns import KNOWN_NAMES, SYSTEMS, ColumnMap, find_system, map_columns
from portal.importers.dates import DateOrder, DateReader
from portal.importers.problems import UnreadableTable
from portal.importers.rows import RowParser
from portal.importers.separators import SEPARATORS, normal_name
from portal.importers.surveys import Survey, survey
from portal.importers.tables import Table, open_table
from portal.importers.words import Words
from portal.models.people import Actor, Role, User
from portal.models.tickets import TicketStatus
from portal.queries.people import users
from portal.queries.tickets import ticket_types
from portal.services.people.imports import placeholder_user
from portal.services.tickets.importing.import_staff import ImportStaff
from portal.services.tickets.importing.imports import TicketImport


@click.command("import-tickets")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--from", "desk", type=click.Choice(SYSTEM_NAMES), help="Whose export it is.")
@click.option("--map", "columns", multiple=True, metavar="COLUMN=field", help="What a column is.")
@click.option("--map-value", "words", multiple=True, metavar="field:WORD=ours", help=WORDS_HELP)
@click.option(
    "--map-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The same, in TOML: [columns], [words.status] …",
)
@click.option(
    "--list-fields",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_fields,
    help="List the fields that columns are mapped to.",
)
@click.option("--encoding", callback=encoding_option, help="Such as windows-1252, if not found.")
@click.option("--separator", type=click.Choice([*SEPARATORS]), help="If it is not found.")
@click.option(
    "--day-first/--month-first", default=None, help="How 03/04/2026 is read, if not found."
)
@click.option(
    "--timezone",
    default="UTC",
    show_default=True,
    callback=timezone_option,
    help="Of dates that do not tell.",
)
@click.option(
    "--source", metavar="NAME", help="Tells two old desks of one kind apart.  [default: its kind]"
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where rows that are not taken go, to be mended and imported again.",
)
@click.option("--requester", metavar="EMAIL", help="Whose tickets are those without an address.")
@click.option("--staff", metavar="EMAIL", help="Who gave the answers of people not known here.")
@click.option(
    "--answered",
    type=click.Choice([status.value for status in TicketStatus if status != TicketStatus.NEW]),
    default=TicketStatus.SOLVED.value,
    show_default=True,
    help="The status of tickets with an answer, when no column says it; others are new.",
)
@with_appcontext
def import_tickets(file: Path, **options: Any) -> None:
    """Take in FILE, a CSV file with a ticket a row. Sends no mail.

    Exports of Zendesk, Freshdesk, Jira, osTicket and Zammad are taken as they come; so are
    encoding and separator. Lodge's own table has the columns subject, body, answer, type, queue,
    priority, language, tags, in any order, and if known others of --list-fields. Columns of any
    other table are named by --map.

    Requesters get accounts without a password, and get in by the link for a forgotten one. Rows
    that are here already are left alone. Rows that cannot be taken are listed with their line, the
    others come in, and the exit code is 1.
    """
    given = given_map(options["map_file"], options["columns"], options["words"])
    for email, role in ((options["requester"], Role.CUSTOMER), (options["staff"], Role.STAFF)):
        _account(email, role)
    try:
        table = _table(file, given, options)
        _import(table, given, options)
    except UnreadableTable as problem:
        raise click.ClickException(f"{file} {problem}") from None


def _own_types() -> dict[str, str]:
    """Keys of this desk's types, by key and by name."""
    rows = list(ticket_types.known())
    return {word: row.key for row in rows for word in (row.key, row.name) if word}


def _import(table: Table, given: GivenMap, options: dict[str, Any]) -> None:
    desk = options["desk"]
    system = SYSTEMS[desk] if desk else find_system(table.header, mapped=bool(given.columns))
    columns = map_columns(table.header, system, given.columns)
    order = {True: DateOrder.DAY_FIRST, False: DateOrder.MONTH_FIRST}.get(options["day_first"])
    show_format(table, columns)
    found = _survey(table, columns, order)
    parser = RowParser(
        columns=columns,
        words=Words(system, given.words, _own_types()),
        dates=DateReader(options["timezone"], found.order),
        source=options["source"] or system.name,
        answered=TicketStatus(options["answered"]),
    )
    with Rejects(table, options["report"]) as rejects:
        if options["dry_run"]:
            _preview(table, parser, rejects, found.rows)
        else:
            _run(table, parser, rejects, found.rows, options)
    if rejects.count:
        raise SystemExit(1)


def _survey(table: Table, columns: ColumnMap, order: DateOrder | None) -> Survey:
    size = table.path.stat().st_size
    with click.progressbar(length=size, label="Reading") as bar:
        found = survey(table, columns, order, lambda read: bar.update(read - bar.pos))
        bar.update(size - bar.pos)
    return found


def _run(
    table: Table, parser: RowParser, rejects: Rejects, total: int, options: dict[str, Any]
) -> None:
    importer = Importer(_how(parser.source, options), rejects)
    with click.progressbar(length=total, label="Tickets") as bar:
        for batch in batches(table, parser, rejects):
            importer.add(batch)
            bar.update(importer.taken + rejects.count - bar.pos)
    rejects.show()
    show_left_out(parser.left_out, importer.unknown_staff)
    known = importer.taken - importer.added
    click.echo(f"{importer.added} imported, {known} here already, {rejects.count} not taken")


def _preview(table: Table, parser: RowParser, rejects: Rejects, total: int) -> None:
    preview = Preview(ImportStaff.load())
    with click.progressbar(length=total, label="Rows") as bar:
        for batch in batches(table, parser, rejects):
            preview.add(batch)
            bar.update(len(batch))
    rejects.show()
    show_left_out(parser.left_out, preview.unknown_staff)
    show_preview(preview, parser, rejects.count)


def _how(source: str, options: dict[str, Any]) -> TicketImport:
    """Accounts that stand in for people of the old desk are made where none is named."""
    begin_write()
    lock_imports()
    how = TicketImport(
        source=source,
        requester=_actor(options["requester"], Role.CUSTOMER),
        staff=_actor(options["staff"], Role.STAFF),
        directory=ImportStaff.load(),
    )
    db.session.commit()
    return how


def _actor(email: str | None, role: Role) -> Actor:
    return (_account(email, role) or placeholder_user(role)).actor


def _account(email: str | None, role: Role) -> User | None:
    """The account of `email`, if one is named. Raises ClickException."""
    if email is None:
        return None
    user: User | None = users.by_typed_email(email)
    if user is None:
        raise click.ClickException(f"{email} has no account")
    if (user.role == Role.CUSTOMER) != (role == Role.CUSTOMER):
        kind = "a customer" if role == Role.CUSTOMER else "on the staff"
        raise click.ClickException(f"{email} is not {kind}")
    return user


def _table(file: Path, given: GivenMap, options: dict[str, Any]) -> Table:
    separator = options["separator"]
    return open_table(
        file,
        encoding=options["encoding"],
        separator=SEPARATORS[separator] if separator else None,
        known=KNOWN_NAMES | {normal_name(name) for name in given.columns},
    )
