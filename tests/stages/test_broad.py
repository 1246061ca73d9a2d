"""Broad tests stand in a list, by what they are called today."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tests.stages import broad


def marked(name: str) -> list[str]:
    marks: list[str] = []
    item: Any = SimpleNamespace(nodeid=name, add_marker=marks.append)
    broad.mark([item])
    return marks


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        ("tests/x/test_a.py::test_y[sqlite-1::2]", ["broad"]),
        ("tests/x/test_a.py::test_y_and_more", []),
        ("tests/x/test_b.py::test_y", ["broad"]),
        ("tests/w/deep/test_c.py::test_y", ["broad"]),
        ("tests/w_too/test_c.py::test_y", []),
    ],
)
def test_a_test_is_listed_by_itself_with_its_file_or_in_its_folder(
    monkeypatch: pytest.MonkeyPatch, name: str, marks: list[str]
) -> None:
    listed = ["tests/w/", "tests/x/test_a.py::test_y", "tests/x/test_b.py"]
    monkeypatch.setattr(broad, "read", lambda: listed)
    assert marked(name) == marks


def test_each_line_names_something_that_is_there() -> None:
    lines = broad.read()
    assert lines == sorted(set(lines))
    gone = []
    for line in lines:
        file, _, test = line.partition("::")
        place = ROOT / file
        there = place.is_dir() if line.endswith("/") else place.is_file()
        if not there or (test and f"def {test}(" not in place.read_text("utf-8")):
            gone.append(line)
    assert not gone
