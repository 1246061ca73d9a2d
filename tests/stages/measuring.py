"""Which lines and branches of ours the tests of a run go through, over all of its processes.

A plugin of pytest, with `-p tests.stages.measuring`: each process that finds FOLDER in its
environment writes a file there. It begins when this module is imported, before any of ours is.
Before Python 3.14 every line calls back, so that a test costs over half as much again (3.11). So of
a test's values, databases among them, the first alone are measured, and walks not at all: they go
again through what the tests of each page have gone through. What is printed is the least there is.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest

FOLDER = "LODGE_COVERAGE"
WORST = 10
# Where every address is asked the same.
_WALKS = ("tests/architecture/", "tests/security/walks/")
_MEASURED_ALREADY = pytest.StashKey[bool]()


def _begin(folder: str) -> coverage.Coverage:
    begun = coverage.Coverage(data_file=Path(folder) / "data", data_suffix=True)
    begun.start()
    return begun


_measuring = _begin(os.environ[FOLDER]) if FOLDER in os.environ else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what others measure."""
    known: set[str] = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if test in known or test.startswith(_WALKS):
            item.stash[_MEASURED_ALREADY] = True
        known.add(test)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Leave out what has been gone through."""
    if _measuring is None or _MEASURED_ALREADY not in item.stash:
        return (yield)
    _measuring.stop()
    try:
        return (yield)
    finally:
        _measuring.start()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Write down what was gone through."""
    if _measuring is not None:
        _measuring.stop()
        _measuring.save()


def report(folder: Path) -> str:
    """The share of lines and branches that were gone through, and where most is missed."""
    combined = coverage.Coverage(data_file=folder / "data")
    try:
        combined.combine([str(folder)])
        combined.json_report(outfile=str(folder / "report.json"))
    except coverage.CoverageException as error:
        return f"Coverage is not known: {error}"
    found = json.loads((folder / "report.json").read_text("utf-8"))
    missed = sorted(
        ((_missed(file["summary"]), name) for name, file in found["files"].items()), reverse=True
    )
    lines = [f"Coverage: {found['totals']['percent_covered']:.1f} % of lines and branches"]
    lines += [f"{number:6} missed in {name}" for number, name in missed[:WORST] if number]
    return "\n".join(lines)


def _missed(summary: dict[str, Any]) -> int:
    return int(summary["missing_lines"]) + int(summary.get("missing_branches", 0))
