"""What backups of both databases share: fixes after a restore, and row counts."""

from collections.abc import Iterable, Sequence

from portal import clock
from portal.models.annotations import DELETE_ALL_ROWS, statements_after_restore


def restore_statements(tables: Iterable[str]) -> list[str]:
    """Statements that make a restored database safe to open, for its tables."""
    present = set(tables)
    return [
        statement.format(table=f'"{name}"')
        for name, statement in statements_after_restore().items()
        if name in present
    ]


def timestamp() -> str:
    """The current time as a manifest writes it."""
    return clock.now().isoformat(timespec="seconds")


def row_count_differences(expected: dict[str, int], found: dict[str, int]) -> Sequence[str]:
    """Names of tables whose row counts differ, except those emptied by a restore."""
    emptied = {name for name, done in statements_after_restore().items() if done == DELETE_ALL_ROWS}
    compared = expected.keys() - emptied
    return sorted(name for name in compared if expected[name] != found.get(name))
