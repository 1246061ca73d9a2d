"""`make test` as a whole: its exit code, and what its last lines say."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest

from tests.stages import __main__ as stages
from tests.stages.running import Run

Play = Callable[..., int]
GOOD = Run(0, "12 passed in 3.00s\n", 4.0)
BAD = Run(1, "1 failed, 11 passed in 3.00s\n", 4.0, {"tests/test_x.py::test_y": "it said so"})


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """`play(second, third, …)`: runs of pytest that end like this, one after the other."""

    def played(*runs: Run, words: tuple[str, ...] = ()) -> int:
        left = iter(runs)
        monkeypatch.setattr(stages.stress, "busy_loops", lambda number: nullcontext())
        monkeypatch.setattr(stages, "run", lambda *words, **options: next(left))
        monkeypatch.setattr(stages.signal, "signal", lambda *words: None)
        code = stages.main([*words])
        assert next(left, None) is None
        return code

    return played


def test_both_stages_close_with_what_pytest_counted(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(GOOD, GOOD) == 0
    assert capsys.readouterr().out.splitlines()[-5:] == [
        "Stage 2 took 4 s:",
        "12 passed in 3.00s",
        "Stage 3 took 4 s:",
        "12 passed in 3.00s",
        "All tests passed",
    ]


def test_a_failure_in_stage_2_is_never_repeated(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(BAD, GOOD) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "Not all tests passed"


def test_a_flaky_test_of_stage_3_is_told_and_let_through(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(GOOD, BAD, GOOD) == 0
    said = capsys.readouterr().out
    assert "FLAKY tests/test_x.py::test_y\n--- the first time\nit said so\n" in said
    assert said.endswith("1 failed, 11 passed in 3.00s\nAll tests passed, one at the second try\n")


def test_a_test_of_stage_3_that_fails_twice_is_red(play: Play) -> None:
    assert play(GOOD, BAD, BAD) == 1


def test_an_interrupted_stage_is_the_last_one(play: Play) -> None:
    assert play(Run(2)) == 2


def slow(*failed: str) -> Run:
    """A round of two slow tests."""
    said = dict.fromkeys(failed, "it said so")
    return Run(1 if failed else 0, "2 passed in 3.00s\n", 4.0, said, ran=frozenset({"a", "b"}))


def test_everything_tells_how_often_each_slow_test_failed(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    rounds = [slow("a"), slow(), slow("a"), slow(), slow()]
    assert play(GOOD, *rounds, words=("--everything",)) == 1
    said = capsys.readouterr().out
    assert "failed 0 of 5  b\nfailed 2 of 5  a\n" in said
    assert said.endswith("Not all tests passed\n")


def test_everything_passed(play: Play, capsys: pytest.CaptureFixture[str]) -> None:
    assert play(GOOD, *[slow()] * 5, words=("--everything",)) == 0
    assert capsys.readouterr().out.endswith("All tests passed\n")


def test_an_interrupted_round_is_the_last_one(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(GOOD, slow("a"), Run(2), words=("--everything",)) == 2
    assert "failed 1 of 1  a" in capsys.readouterr().out


def test_everything_ends_with_an_interrupted_stage_2(play: Play) -> None:
    assert play(Run(2), words=("--everything",)) == 2
