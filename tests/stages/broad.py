"""Tests that ask much at once, by their list: they get the mark `broad`."""

from collections.abc import Iterable
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("broad.txt")


def read() -> list[str]:
    """Tests, files and folders."""
    lines = FILE.read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def mark(items: Iterable[pytest.Item]) -> None:
    """Mark those that are listed by themselves, with their file or in their folder."""
    listed = set(read())
    for item in items:
        test = item.nodeid.partition("[")[0]
        file = test.partition("::")[0]
        folders = {f"{folder}/" for folder in Path(file).parents}
        if listed & {test, file, *folders}:
            item.add_marker("broad")
