"""Finds the separator of a CSV file from its first lines."""

import csv
import io
import re
from collections.abc import Container
from itertools import islice

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
NAMES = {character: name for name, character in SEPARATORS.items()}
# Excel writes such a line for itself before the first one.
_SEPARATOR_LINE = re.compile(r'"?sep=([,;|\t])"?[\r\n]*')
_RECORDS = 20


def named_separator(line: str) -> str | None:
    """The separator that Excel's first line `sep=;` names; None for another line."""
    match = _SEPARATOR_LINE.fullmatch(line)
    return match[1] if match else None


def normal_name(name: str) -> str:
    """The name of a column as it is compared: without case and surplus spaces."""
    return " ".join(name.split()).casefold()


def find_separator(start: str, known: Container[str]) -> str:
    """The separator of a file that begins with `start`; a comma when none fits.

    `known` are normal names of columns: the separator that shows most of them is the right one.
    """
    return max(SEPARATORS.values(), key=lambda one: _fit(start, one, known))


def _fit(start: str, separator: str, known: Container[str]) -> tuple[int, int, int]:
    """Known columns, records as long as the first, number of columns."""
    reader = csv.reader(io.StringIO(start, newline=""), delimiter=separator)
    try:
        # The last record may be cut off.
        header, *others = islice(reader, _RECORDS)
    except (csv.Error, ValueError):
        return (0, 0, 0)
    if len(header) < 2:
        return (0, 0, 0)
    alike = sum(len(record) == len(header) for record in others)
    return sum(normal_name(name) in known for name in header), alike, len(header)
