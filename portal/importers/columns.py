"""Which column of a table is which field."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from portal.importers.fields import COMMENTS, DATES, Field
from portal.importers.freshdesk import FRESHDESK
from portal.importers.jira import JIRA
from portal.importers.lodge import LODGE, OTHER
from portal.importers.osticket import OSTICKET
from portal.importers.problems import UnreadableTable
from portal.importers.separators import normal_name
from portal.importers.systems import System
from portal.importers.zammad import ZAMMAD
from portal.importers.zendesk import ZENDESK

SYSTEMS = {
    system.name: system for system in (LODGE, ZENDESK, FRESHDESK, JIRA, OSTICKET, ZAMMAD, OTHER)
}
KNOWN_NAMES = frozenset(name for system in SYSTEMS.values() for name in system.columns)
# The columns of a list of rows that were not taken, which may be imported when it was mended.
REPORT_COLUMNS = ("import_line", "import_problem")
# A ticket cannot be made without these, so no row may end before them.
_NEEDED = (Field.NUMBER, Field.SUBJECT, Field.BODY, Field.REQUESTER_EMAIL, Field.CREATED_AT)
_SHOWN = 20
_LABEL = 40
_LONGEST_NOTHING = 20


class Cell(NamedTuple):
    """A cell and the name of its column, for sentences about it."""

    column: str
    text: str


@dataclass(frozen=True)
class ColumnMap:
    """The positions of each field's columns in `header`."""

    system: System
    header: Sequence[str]
    positions: Mapping[Field, Sequence[int]]

    @property
    def ignored(self) -> list[str]:
        """Columns that are left out, each name once."""
        used = {position for found in self.positions.values() for position in found}
        names = (name for at, name in enumerate(self.header) if at not in used)
        return [name for name in dict.fromkeys(names) if name and name not in REPORT_COLUMNS]

    @property
    def understood(self) -> list[tuple[str, Field]]:
        """Columns that are taken, each name once, with their fields."""
        pairs = (
            (self.header[at], field) for field, found in self.positions.items() for at in found
        )
        return list(dict.fromkeys(pairs))

    def is_blank(self, cells: list[str]) -> bool:
        """Whether it is one of the empty rows that spreadsheets leave at the end."""
        return not self.system.strict and not any(cells)

    def complete(self, cells: list[str]) -> list[str]:
        """`cells`, as many as there are columns. Raises ValueError when that is not possible.

        Excel leaves out empty cells at the end, or adds some.
        """
        columns = len(self.header)
        if len(cells) == columns:
            return cells
        needed = max(
            (at for field in _NEEDED for at in self.positions.get(field, ())), default=columns
        )
        if not self.system.strict and len(cells) < columns and len(cells) > needed:
            return cells + [""] * (columns - len(cells))
        if not self.system.strict and not any(cells[columns:]) and len(cells) > columns:
            return cells[:columns]
        raise ValueError(f"{len(cells)} fields instead of {columns}")

    def cells(self, row: Sequence[str], field: Field) -> Iterator[Cell]:
        """The cells of `field` that say something."""
        for position in self.positions.get(field, ()):
            text = row[position].strip()
            if text and not (
                len(text) < _LONGEST_NOTHING and text.casefold() in self.system.nothing
            ):
                yield Cell(self.header[position][:_LABEL], text)

    def cell(self, row: Sequence[str], field: Field) -> Cell:
        """The first of `cells`; an empty one when there is none."""
        found = next(self.cells(row, field), None)
        if found is not None:
            return found
        positions = self.positions.get(field, ())
        return Cell(self.header[positions[0]][:_LABEL] if positions else field.value, "")

    def texts_with_dates(self, row: Sequence[str]) -> Iterator[str]:
        """All texts of a row that are dates or begin with one."""
        for field in DATES:
            yield from (cell.text for cell in self.cells(row, field))
        for field in COMMENTS:
            yield from (cell.text[:60].partition(";")[0] for cell in self.cells(row, field))


def find_system(header: Sequence[str], *, mapped: bool) -> System:
    """The desk whose export has such a header; with `mapped` columns it may be another one.

    Raises UnreadableTable when it is not clear.
    """
    fitting = [system for system in SYSTEMS.values() if system.recognises(list(header))]
    names = {normal_name(name) for name in header}
    if fitting:
        return max(fitting, key=lambda system: len(names & system.columns.keys()))
    if mapped or names & {Field.SUBJECT, Field.BODY}:
        return OTHER
    raise UnreadableTable(
        f"has columns that are no known desk's: {_listed(header)}; say --from, or what they are "
        "with --map COLUMN=field"
    )


def map_columns(header: Sequence[str], system: System, mapped: Mapping[str, Field]) -> ColumnMap:
    """The columns of `header`; `mapped` goes before what `system` says.

    Raises UnreadableTable when columns are missing, or unknown in a strict system.
    """
    mapped = {normal_name(name): field for name, field in mapped.items()}
    names = [normal_name(name) for name in header]
    if unknown := [name for name in mapped if name not in names]:
        raise UnreadableTable(f"has no column {_listed(unknown)}; it has {_listed(header)}")
    positions: dict[Field, list[int]] = defaultdict(list)
    for at, name in enumerate(names):
        field = mapped.get(name, system.columns.get(name, Field.IGNORE))
        if field is not Field.IGNORE:
            positions[field].append(at)
    found = ColumnMap(system, header, dict(positions))
    _check(found, names, mapped)
    return found


def _check(found: ColumnMap, names: Sequence[str], mapped: Mapping[str, Field]) -> None:
    if missing := [name for name in found.system.required if name not in names]:
        raise UnreadableTable(f"the first line lacks columns: {', '.join(missing)}")
    if not found.positions.keys() & {Field.SUBJECT, Field.BODY}:
        raise UnreadableTable(
            f"has no column with subject or message; it has {_listed(found.header)}. Say which "
            "with --map COLUMN=subject"
        )
    if not found.system.strict:
        return
    ignored = {normal_name(name) for name in found.ignored} - mapped.keys()
    named = filter(None, dict.fromkeys(names))
    extra = [name for name in named if name in ignored or names.count(name) > 1]
    if extra:
        raise UnreadableTable(f"the first line has columns too many: {_listed(extra)}")


def _listed(names: Iterable[str]) -> str:
    shown = [repr(name[:40]) for name in names if name]
    rest = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return ", ".join(shown[:_SHOWN]) + rest
