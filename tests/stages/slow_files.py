"""Which files are read when slow tests alone are asked for: two of three hold none.

Reading all takes each process of a run twice the time until its first test begins.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

# All of these are slow; see their conftest.py.
_BROWSER = Path(__file__).parents[1] / "browser"
_MARK = "pytest.mark.slow"


def may_hold(file: Path) -> bool:
    """Whether a test in that file may be slow."""
    return file.is_relative_to(_BROWSER) or _MARK in file.read_text("utf-8")


def check(items: Iterable[pytest.Item]) -> None:
    """Raises UsageError when a slow test would not be found in its file."""
    for item in items:
        if item.get_closest_marker("slow") and not may_hold(item.path):
            raise pytest.UsageError(f"{item.nodeid} is slow, and its file does not say {_MARK}")
