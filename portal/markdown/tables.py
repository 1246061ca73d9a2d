"""Which lines are a table: a head, a line of dashes, and rows with no more cells than the head."""

import re
from collections.abc import Iterator, Sequence

# A row is filled up to the width of its head, so a few bytes can ask for megabytes.
_MOST_CELLS = 20_000
_DASHES = re.compile(r"[ \t]*\|?(?:[ \t]*:?-+:?[ \t]*\|)*[ \t]*(?::?-+:?[ \t]*)?")


def tables(lines: Sequence[tuple[int, str] | None]) -> Iterator[int]:
    """The numbers of those lines that belong to tables.

    A line is the depth of its quote and its text, None what cannot belong to one.
    """
    number = 1
    while number < len(lines):
        end = _end(lines, number) if _is_ruler(lines[number]) else number
        if end > number and _is_table(lines[number - 1 : end]):
            yield from range(number - 1, end)
        number = max(end, number + 1)


def _is_ruler(line: tuple[int, str] | None) -> bool:
    return line is not None and "|" in line[1] and _DASHES.fullmatch(line[1]) is not None


def _end(lines: Sequence[tuple[int, str] | None], number: int) -> int:
    """The number of the first line that is no row as the one at `number`, or stands elsewhere."""
    first = lines[number]
    while number < len(lines):
        line = lines[number]
        if line is None or first is None or line[0] != first[0] or "|" not in line[1]:
            return number
        number += 1
    return number


def _is_table(lines: Sequence[tuple[int, str] | None]) -> bool:
    rows = [line for line in lines if line is not None]
    head, width = _cells(rows[0][1]), max(_cells(text) for _, text in rows)
    return (
        len(rows) == len(lines)
        and rows[0][0] == rows[1][0]
        and "|" in rows[0][1]
        and head == width == _cells(rows[1][1])
        and width * len(rows) <= _MOST_CELLS
    )


def _cells(row: str) -> int:
    return row.strip().removeprefix("|").removesuffix("|").count("|") + 1
