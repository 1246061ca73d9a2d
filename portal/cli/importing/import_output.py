"""What `flask import-tickets` says besides its problems."""

from collections import Counter
from collections.abc import Iterable

import click

from portal.cli.importing.import_run import Preview
from portal.importers.columns import ColumnMap
from portal.importers.rows import RowParser
from portal.importers.separators import NAMES
from portal.importers.tables import Table
from portal.services.tickets.importing.import_rows import ImportedTicket

_SHOWN = 20
_SUBJECT = 60


def show_format(table: Table, columns: ColumnMap) -> None:
    """How the file is understood."""
    click.echo(
        f"Read as a table of {columns.system.title}, {table.format.encoding}, "
        f"{NAMES[table.format.separator]} between cells"
    )


def show_columns(columns: ColumnMap) -> None:
    """Which columns are taken, and which are left out."""
    taken = [f"{name[:40]!r} ({field.value})" for name, field in columns.understood]
    click.echo(f"Columns taken: {_listed(taken)}")
    if columns.ignored:
        click.echo(f"Columns left out: {_listed(repr(name[:40]) for name in columns.ignored)}")


def show_left_out(values: Counter[str], unknown_staff: Counter[str]) -> None:
    """What is not kept of rows that are taken."""
    for what, number in values.most_common(_SHOWN):
        click.echo(f"Left out: {what} ({number} times)")
    for name, number in unknown_staff.most_common(_SHOWN):
        click.echo(f"Assigned to nobody: {name!r} is not on the staff here ({number} times)")


def show_preview(preview: Preview, parser: RowParser, rejected: int) -> None:
    """What an import would do."""
    show_columns(parser.columns)
    for line, ticket in preview.examples:
        click.echo(f"line {line}: {_example(ticket)}")
    by_status = ", ".join(f"{number} {status}" for status, number in preview.statuses.items())
    click.echo(f"Tickets by status: {by_status or 'none'}")
    click.echo(
        f"Accounts to be made: {len(preview.people)}, organizations: {len(preview.companies)}"
    )
    total = preview.statuses.total()
    click.echo(
        f"{total} would be imported, {preview.known} here already, {rejected} not taken; "
        "nothing was changed"
    )


def _example(ticket: ImportedTicket) -> str:
    requester = ticket.requester
    asked = f"{requester.first_name} {requester.last_name}".strip() if requester else ""
    facts = (
        ticket.external_number,
        ticket.status,
        ticket.priority.word,
        ticket.created_at and f"{ticket.created_at:%Y-%m-%d %H:%M %Z}",
        f"{asked} <{requester.email}>".strip() if requester else "no address",
        requester and requester.company,
        ticket.subject[:_SUBJECT],
        f"comments: {len(ticket.comments)}" if ticket.comments else "",
    )
    return ", ".join(str(fact) for fact in facts if fact)


def _listed(names: Iterable[str]) -> str:
    shown = list(names)
    rest = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + rest
