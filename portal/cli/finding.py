"""What a check of `flask doctor` says: one line."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

OK, WARN, FAIL = "ok", "warn", "FAIL"


class Finding(NamedTuple):
    """One line."""

    level: str
    text: str


Findings = Iterator[Finding]


def words(age: timedelta) -> str:
    """An age or a while, as people say it."""
    hours, seconds = divmod(int(age.total_seconds()), 3600)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {seconds // 60} min" if hours else f"{seconds // 60} min {seconds % 60} s"
