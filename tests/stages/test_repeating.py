"""Which failures let a stage through, on toy tests that real runs of pytest fail in."""

from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.stages.repeating import MOST_REPEATED, Verdict, judge
from tests.stages.running import Run, run

# Fails the first time, and each time that its number is left to go down.
TOYS = """
from pathlib import Path
import pytest

def fails(name, times):
    print("said by", name)
    counted = Path(name)
    done = int(counted.read_text()) if counted.exists() else 0
    counted.write_text(str(done + 1))
    assert done >= times, f"{name} failed"

def test_good(): fails("good", 0)
def test_flaky(): fails("flaky", 1)
def test_flaky_too(): fails("flaky too", 1)
def test_broken(): fails("broken", 2)

@pytest.mark.threat("floods")
def test_guard(): fails("guard", 1)

@pytest.fixture
def flaky(): fails("fixture", 1)

def test_with_a_flaky_fixture(flaky): pass
"""


@pytest.fixture
def toys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "test_toys.py").write_text(TOYS)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -q\nmarkers = threat(name): ours\n")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where the plugin is
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return tmp_path


def verdict(toys: Path, *names: str, options: tuple[str, ...] = ()) -> Verdict:
    def start(*words: str) -> Run:
        return run(words, folder=toys, shown=False)

    first = start(*options, *(f"test_toys.py::test_{name}" for name in names))
    return judge(first, start)


@pytest.mark.slow
def test_one_that_passes_when_it_is_repeated_is_let_through_and_told(toys: Path) -> None:
    found = verdict(toys, "good", "flaky", options=("-p", "xdist", "-n", "1"))
    assert found.green
    [told] = found.told
    assert told.startswith("FLAKY test_toys.py::test_flaky\n--- the first time\n")
    first, alone = told.split("--- repeated alone")
    assert "AssertionError: flaky failed" in first
    assert "said by flaky" in first
    assert "1 passed in" in alone


@pytest.mark.slow
def test_one_that_fails_again_is_red(toys: Path) -> None:
    found = verdict(toys, "good", "broken")
    assert not found.green
    assert found.told[0].startswith("FAILED TWICE test_toys.py::test_broken")


@pytest.mark.slow
def test_two_flaky_ones_are_red(toys: Path) -> None:
    found = verdict(toys, "flaky", "flaky_too")
    assert not found.green
    assert [told.partition("\n")[0] for told in found.told] == [
        "FLAKY test_toys.py::test_flaky",
        "FLAKY test_toys.py::test_flaky_too",
        "2 tests are flaky; one would have been let through",
    ]


@pytest.mark.slow
def test_a_flaky_one_that_guards_against_a_threat_is_red(toys: Path) -> None:
    found = verdict(toys, "guard")
    assert not found.green
    assert found.told[-1].startswith("test_toys.py::test_guard guards against a threat")


@pytest.mark.slow
def test_what_a_fixture_does_counts_as_its_tests(toys: Path) -> None:
    assert verdict(toys, "with_a_flaky_fixture").green


def never(test: str) -> Run:
    raise AssertionError(f"{test} was repeated")


def test_nothing_is_repeated_when_all_passed() -> None:
    assert judge(Run(0), never) == Verdict(green=True)


@pytest.mark.parametrize("exit_code", [2, 3, 4, 5, -9])
def test_a_run_that_did_not_come_to_its_end_is_red(exit_code: int) -> None:
    assert judge(Run(exit_code, failed={"a": ""}), never) == Verdict(green=False)


def test_a_failure_that_belongs_to_no_test_is_red() -> None:
    assert judge(Run(1), never) == Verdict(green=False)


def test_many_failures_are_no_chance_and_not_repeated() -> None:
    many = {f"test_{number}": "" for number in range(MOST_REPEATED + 1)}
    assert judge(Run(1, failed=many), never) == Verdict(green=False)


def test_a_guard_is_known_by_its_second_run_when_the_first_one_crashed() -> None:
    again = Run(0, threats=frozenset({"test_guard"}))
    assert not judge(Run(1, failed={"test_guard": "crashed"}), lambda test: again).green


def test_the_summary_is_the_line_of_pytest_and_nothing_that_is_said_after_it() -> None:
    line = "1 failed, 12 passed in 3.20s"
    assert Run(1, f"....F\n{line}\nsys:1: ResourceWarning\n").summary == line
    assert Run(-9, "bringing up nodes...\n.....").summary == "no tests came to their end"
