"""Tests that are known to be flaky and are being mended: they run, and may fail, for two weeks.

`tests/quarantine.txt` has a line for each: id, date of the entry, reason.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

FILE = Path(__file__).parents[1] / "quarantine.txt"
MOST = 3
DAYS = 14
_LINE = re.compile(r"(?P<test>\S.*?)\s+(?P<since>\d{4}-\d\d-\d\d)\s+(?P<reason>\S.*)")


@dataclass(frozen=True)
class Entry:
    """One test in quarantine."""

    test: str
    since: date
    reason: str


def read(text: str) -> list[Entry]:
    """The entries of the file. Raises ValueError for a line that is none."""
    return [_entry(line) for line in text.splitlines() if line.strip() and line[0] != "#"]


def _entry(line: str) -> Entry:
    found = _LINE.fullmatch(line.strip())
    if found is None:
        raise ValueError(f"not id, date, reason: {line}")
    return Entry(found["test"], date.fromisoformat(found["since"]), found["reason"])


def faults(entries: list[Entry], today: date) -> Iterator[str]:
    """What is wrong with the file as a whole."""
    if len(entries) > MOST:
        yield f"{len(entries)} tests are in quarantine; {MOST} is the most"
    for entry in entries:
        if not 0 <= (today - entry.since).days <= DAYS:
            yield f"{entry.test} is in quarantine since {entry.since}; {DAYS} days is the longest"


def excuse(items: Iterable[pytest.Item], entries: list[Entry]) -> None:
    """Let the tests in quarantine fail. Raises UsageError when one guards against a threat."""
    reasons = {entry.test: entry.reason for entry in entries}
    for item in items:
        if reason := reasons.get(item.nodeid):
            if item.get_closest_marker("threat"):
                raise pytest.UsageError(f"{item.nodeid} guards against a threat: no quarantine")
            item.add_marker(pytest.mark.xfail(reason=f"quarantine: {reason}", strict=False))
