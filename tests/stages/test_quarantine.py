"""The quarantine is short, and nobody stays in it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.source import ROOT
from tests.stages.quarantine import DAYS, FILE, MOST, Entry, excuse, faults, read
from tests.stages.running import SHOWING_EXCUSED, run

TODAY = date(2026, 11, 30)
ENTRIES = read(FILE.read_text("utf-8"))


def entry(days: int = 0) -> Entry:
    return Entry("tests/test_x.py::test_y", TODAY - timedelta(days=days), "a race in the browser")


def test_the_quarantine_is_in_order() -> None:
    assert list(faults(ENTRIES, datetime.now(UTC).date())) == []


@pytest.mark.slow
def test_whoever_is_in_quarantine_exists_and_guards_against_no_threat() -> None:
    for entry in ENTRIES:
        found = run(["--collect-only", entry.test], shown=False)
        assert found.exit_code == 0, found.output


def test_a_line_is_id_date_and_reason() -> None:
    text = "# ours\n\ntests/x.py::test_y[a b-c]  2026-11-30  waits for nothing # yet\n"
    wanted = Entry("tests/x.py::test_y[a b-c]", TODAY, "waits for nothing # yet")
    assert read(text) == [wanted]


@pytest.mark.parametrize("line", ["tests/x.py::test_y", "tests/x.py::test_y 2026-11-30", "x y z"])
def test_a_line_without_date_or_reason_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not id, date, reason"):
        read(line)


def test_there_is_room_for_three() -> None:
    assert not list(faults([entry()] * MOST, TODAY))
    assert list(faults([entry()] * (MOST + 1), TODAY))


@pytest.mark.parametrize(
    ("days", "wrong"), [(0, False), (DAYS, False), (DAYS + 1, True), (-1, True)]
)
def test_nobody_stays_longer_than_two_weeks(days: int, *, wrong: bool) -> None:
    assert bool(list(faults([entry(days)], TODAY))) is wrong


TOY = """
import pytest

@pytest.fixture
def broken(): raise OSError("the fixture failed")

def test_fails(): raise OSError("the test failed")
def test_fails_before_it_begins(broken): pass
def test_is_well_again(): pass
"""
ITS_CONFTEST = """
from datetime import date
from tests.stages.quarantine import Entry, excuse

def pytest_collection_modifyitems(items):
    excuse(items, [Entry(item.nodeid, date(2026, 11, 30), "a race") for item in items])
"""


@pytest.mark.slow
def test_the_failure_of_a_test_in_quarantine_is_shown_and_fails_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_toy.py").write_text(TOY)
    (tmp_path / "conftest.py").write_text(ITS_CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\nxfail_strict = true\n")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    found = run(SHOWING_EXCUSED, folder=tmp_path, shown=False)
    assert found.exit_code == 0
    assert "2 xfailed, 1 xpassed" in found.summary
    for words in ("the test failed", "the fixture failed", "quarantine: a race"):
        assert words in found.output


class Item:
    """As much of a collected test as the quarantine asks for."""

    def __init__(self, nodeid: str, *, guards: bool = False) -> None:
        self.nodeid, self.guards = nodeid, guards
        self.marks: list[Any] = []

    def get_closest_marker(self, name: str) -> object:
        return name if self.guards else None

    def add_marker(self, mark: Any) -> None:
        self.marks.append(mark)


def test_a_test_in_quarantine_runs_and_may_fail() -> None:
    inside, outside = Item(entry().test), Item("tests/test_x.py::test_z")
    excuse([inside, outside], [entry()])  # type: ignore[list-item]
    [mark] = inside.marks
    assert (mark.name, mark.kwargs["strict"]) == ("xfail", False)
    assert not outside.marks


def test_no_test_that_guards_against_a_threat_is_excused() -> None:
    guard = Item(entry().test, guards=True)
    with pytest.raises(pytest.UsageError, match="guards against a threat"):
        excuse([guard], [entry()])  # type: ignore[list-item]
