"""What two processes went through together is told of both."""

from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.stages import measuring
from tests.stages.running import run

TOY = """
import sys

def sign(number):
    if number < 0:
        return "-"
    if number > 0:
        return "+"
    return ""
"""
TESTS = """
import pytest
from jobs import toy

def test_below(): assert toy.sign(-1) == "-"
def test_above(): assert toy.sign(1) == "+"

@pytest.mark.parametrize("number", [1, 0])
def test_with_the_second_value(number):
    assert toy.sign(number) == "+"[:number]
"""


@pytest.mark.slow
def test_lines_and_branches_of_all_processes_are_counted_of_each_test_s_first_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("portal", "jobs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text(
        "[tool.coverage.run]\nbranch = true\nsource = ['portal', 'jobs']\n"
    )
    (tmp_path / "jobs" / "toy.py").write_text(TOY)
    (tmp_path / "test_toy.py").write_text(TESTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    data = tmp_path / "data"
    data.mkdir()
    words = ["-p", "tests.stages.measuring", "-p", "xdist", "-n", "2", "test_toy.py"]
    ended = run(words, folder=tmp_path, shown=False, environment={measuring.FOLDER: str(data)})
    assert ended.exit_code == 0, ended.output
    told = measuring.report(data).splitlines()
    # `return ""` and the way to it: what is reached with a second value alone is not seen.
    assert told == ["Coverage: 81.8 % of lines and branches", "     2 missed in jobs/toy.py"]


def test_a_run_that_measured_nothing_says_so(tmp_path: Path) -> None:
    assert measuring.report(tmp_path).startswith("Coverage is not known: ")
