"""Which lines and branches of ours the tests of a run go through, over all of its processes.

A plugin of pytest, with `-p tests.stages.measuring`: each process that finds FOLDER in its
environment writes a file there. It begins when this module is imported, before any of ours is.
What processes go through that the tests start is not seen: what is printed is the least there is.
"""

import json
import os
from pathlib import Path

import pytest

from tests.stages import probes

FOLDER = "LODGE_COVERAGE"
WORST = 10
PACKAGES = ("portal", "jobs")

_rows = probes.watch(PACKAGES) if FOLDER in os.environ else None


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Write down what was gone through."""
    if _rows is not None:
        file = Path(os.environ[FOLDER], f"{os.getpid()}.json")
        file.write_text(json.dumps({name: row.hex() for name, row in _rows.items()}), "utf-8")


def report(folder: Path, root: Path) -> str:
    """The share of lines and branches under `root` gone through, and where most is missed."""
    rows = _together(folder)
    if not rows:
        return "Coverage is not known: no process has told of it"
    for package in PACKAGES:
        for file in (root / package).rglob("*.py"):
            rows.setdefault(str(file), bytes(probes.probed(file.read_bytes(), str(file)).points))
    points = sum(map(len, rows.values()))
    missed = sorted(((row.count(0), name) for name, row in rows.items()), reverse=True)
    share = 100 - 100 * sum(number for number, _ in missed) / points
    lines = [f"Coverage: {share:.1f} % of lines and branches"]
    worst = [(number, Path(name).relative_to(root)) for number, name in missed[:WORST] if number]
    return "\n".join([*lines, *(f"{number:6} missed in {name}" for number, name in worst)])


def _together(folder: Path) -> dict[str, bytes]:
    """The rows of all processes, by file: what one of them went through was gone through."""
    rows: dict[str, bytes] = {}
    for written in folder.glob("*.json"):
        for name, row in json.loads(written.read_text("utf-8")).items():
            more = bytes.fromhex(row)
            before = rows.get(name, bytes(len(more)))
            # Of another length when somebody has edited it meanwhile.
            rows[name] = bytes(a | b for a, b in zip(before, more, strict=False))
    return rows
