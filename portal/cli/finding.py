"""What a check of `flask doctor` says: one line."""

from collections.abc import Iterator
from typing import NamedTuple

OK, WARN, FAIL = "ok", "warn", "FAIL"


class Finding(NamedTuple):
    """One line."""

    level: str
    text: str


Findings = Iterator[Finding]
