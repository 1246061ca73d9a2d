"""A finding of `flask doctor`."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

OK, WARN, FAIL = "ok", "warn", "FAIL"


class Finding(NamedTuple):
    """One line: level (ok, warn, FAIL) and text."""

    level: str
    text: str


Findings = Iterator[Finding]


def duration_text(age: timedelta) -> str:
    """A duration in words: `3 d 4 h`, `2 h 5 min`, `7 min 12 s`."""
    hours, seconds = divmod(int(age.total_seconds()), 3600)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {seconds // 60} min" if hours else f"{seconds // 60} min {seconds % 60} s"
