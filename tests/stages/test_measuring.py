"""What two processes went through together is told of both."""

from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.stages import measuring
from tests.stages.running import run

TOY = """
def sign(number):
    if number < 0:
        return "-"
    if number > 0:
        return "+"
    return ""
"""
TESTS = """
from jobs import toy

def test_below(): assert toy.sign(-1) == "-"
def test_above(): assert toy.sign(1) == "+"
"""


@pytest.mark.slow
def test_lines_and_branches_of_all_processes_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("portal", "jobs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "jobs" / "toy.py").write_text(TOY)
    (tmp_path / "portal" / "never_imported.py").write_text("import sys\n")
    (tmp_path / "test_toy.py").write_text(TESTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    data = tmp_path / "data"
    data.mkdir()
    words = ["-p", "tests.stages.measuring", "-p", "xdist", "-n", "2", "test_toy.py"]
    ended = run(words, folder=tmp_path, shown=False, environment={measuring.FOLDER: str(data)})
    assert ended.exit_code == 0, ended.output
    # Neither `return ""` nor the way to it, and what nobody imports.
    assert measuring.report(data, tmp_path).splitlines() == [
        "Coverage: 72.7 % of lines and branches",
        "     2 missed in jobs/toy.py",
        "     1 missed in portal/never_imported.py",
    ]


def test_a_run_that_measured_nothing_says_so(tmp_path: Path) -> None:
    assert measuring.report(tmp_path, tmp_path).startswith("Coverage is not known: ")
