"""Imports the rows of a table in batches, or looks what an import would do."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from portal.cli.importing.import_rejects import Rejects
from portal.extensions import begin_write, db
from portal.importers.rows import RowParser, repeated
from portal.importers.tables import Record, Table
from portal.isolation import attempt_together
from portal.queries.people import users
from portal.services.tickets.importing import imports
from portal.services.tickets.importing.import_rows import ImportedTicket
from portal.services.tickets.importing.import_staff import ImportStaff
from portal.services.tickets.importing.imports import TicketImport

# Small, so that whoever waits to write gets in between.
_BATCH = 25
_BATCH_CHARACTERS = 500_000
_EXAMPLES = 5

Batch: TypeAlias = dict[int, tuple[Record, ImportedTicket]]


def batches(table: Table, parser: RowParser, rejects: Rejects) -> Iterator[Batch]:
    """Rows by line, bounded in number and size; what cannot be parsed goes to `rejects`."""
    batch: Batch = {}
    size = 0
    seen: Counter[str] = Counter()
    for record in table.records():
        if parser.columns.is_blank(record.cells):
            continue
        try:
            row = parser.parse(parser.columns.complete(record.cells))
        except ValueError as problem:
            rejects.add(record, str(problem))
            continue
        if row.external_number is None:
            times = seen[row.key]
            seen[row.key] += 1
            row = repeated(row, times) if times else row
        batch[record.line] = record, row
        size += sum(map(len, record.cells))
        if len(batch) == _BATCH or size > _BATCH_CHARACTERS:
            yield batch
            batch, size = {}, 0
    yield batch


@dataclass
class Importer:
    """Adds batches, each in one transaction, and counts rows taken and added."""

    how: TicketImport
    rejects: Rejects
    added: int = 0
    taken: int = 0
    unknown_staff: Counter[str] = field(default_factory=Counter)

    def add(self, batch: Batch) -> None:
        """Add a batch; by ones when that fails."""
        rows = {line: row for line, (_record, row) in batch.items()}
        if not rows:
            return
        for line in attempt_together("line", self._add, rows):
            self.rejects.add(batch[line][0], "cannot be stored, the log says why")
        _count_unknown(self.how.directory, rows, self.unknown_staff)

    def _add(self, rows: list[ImportedTicket]) -> None:
        prepared = [imports.prepare(row, self.how) for row in rows]
        try:
            begin_write()
            added = imports.add(prepared, self.how)
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        self.added += added
        self.taken += len(rows)


@dataclass
class Preview:
    """Counts what an import would do, and does nothing."""

    directory: ImportStaff
    known: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    people: set[str] = field(default_factory=set)
    companies: set[str] = field(default_factory=set)
    examples: list[tuple[int, ImportedTicket]] = field(default_factory=list)
    unknown_staff: Counter[str] = field(default_factory=Counter)
    _seen: set[bytes] = field(default_factory=set)

    def add(self, batch: Batch) -> None:
        """Count a batch."""
        rows = {line: row for line, (_record, row) in batch.items()}
        keys = imports.known_keys([row.key for row in rows.values()])
        new = {line: row for line, row in rows.items() if row.key not in keys and self._first(row)}
        self.known += len(rows) - len(new)
        self.statuses.update(row.status for row in new.values())
        self.examples += list(new.items())[: _EXAMPLES - len(self.examples)]
        people = {row.requester for row in new.values() if row.requester}
        accounts = users.accounts_by_email({person.email for person in people})
        strangers = {person for person in people if person.email not in accounts}
        self.people |= {person.email for person in strangers}
        self.companies |= {person.company for person in strangers if person.company}
        _count_unknown(self.directory, new, self.unknown_staff)
        db.session.rollback()

    def _first(self, row: ImportedTicket) -> bool:
        key = bytes.fromhex(row.key)[:8]
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def _count_unknown(
    directory: ImportStaff, rows: Mapping[int, ImportedTicket], found: Counter[str]
) -> None:
    names = (row.assignee for row in rows.values())
    found.update(name[:60] for name in names if name and directory.assignee_id(name) is None)
