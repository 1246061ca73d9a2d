"""Which lines and branches of ours the tests of a run go through, over all of its processes.

A plugin of pytest, with `-p tests.stages.measuring`: each process that finds FOLDER in its
environment writes a file there. It begins when this module is imported, before any of ours is.
"""

import json
import os
import sys
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

try:
    import slipcover
except ModuleNotFoundError:  # there is no wheel for Python 3.11 on aarch64
    slipcover = None

FOLDER = "LODGE_COVERAGE"
SOURCES = ["portal", "jobs"]
# From this version on the interpreter tells of a line once. Before it probes stand in the code:
# requests took 30 to 50 % more CPU on 3.11.
IS_CHEAP = sys.version_info >= (3, 12)
WORST = 10


def _begin() -> Any:
    # Files that nobody imported are looked for once, by the process that the workers belong to.
    unseen = None if "PYTEST_XDIST_WORKER" in os.environ else SOURCES
    begun = slipcover.Slipcover(branch=True, source=unseen)
    # It stays for as long as the process lives.
    slipcover.ImportManager(begun, slipcover.FileMatcher(sources=SOURCES)).__enter__()
    return begun


_measuring = _begin() if slipcover and FOLDER in os.environ else None


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Write down what was gone through."""
    if _measuring is not None:
        path = Path(os.environ[FOLDER], f"{os.getpid()}.json")
        path.write_text(json.dumps(_measuring.get_coverage()), "utf-8")


def report(folder: Path) -> str:
    """The share of lines and branches that were gone through, and where most is missed."""
    written = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    if not written:
        return "Coverage is not known: no process wrote what it went through"
    found = reduce(slipcover.merge_coverage, written)
    missed = sorted(
        ((_missed(file["summary"]), name) for name, file in found["files"].items()), reverse=True
    )
    lines = [f"Coverage: {found['summary']['percent_covered']:.1f} % of lines and branches"]
    lines += [f"{number:6} missed in {name}" for number, name in missed[:WORST] if number]
    return "\n".join(lines)


def _missed(summary: dict[str, Any]) -> int:
    return int(summary["missing_lines"]) + int(summary["missing_branches"])
