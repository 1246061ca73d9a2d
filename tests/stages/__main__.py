"""`make test`: stages 2 and 3 of what has to pass; stage 1 is `make lint`.

Stage 2 is whatever is deterministic, in parallel: a test that fails there has found something, and
is never repeated. Stage 3 starts real processes and browsers, three at a time so that they do not
starve each other; see `repeating` for a test that fails there. Words are for pytest in stage 2.

`make test-all`, with the word `--everything` first: all of it on both databases, and stage 3
several times beside busy processes; see `stress`. Nothing is repeated there.
"""

import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.architecture.source import ROOT
from tests.stages import measuring, stress
from tests.stages.repeating import judge
from tests.stages.running import SHOWING_EXCUSED, Run, run

# Also when test files could not be imported.
_INTERRUPTED = 2
_SLOWEST = ("--durations", "20", "--durations-min", "0.1")
_SLOW = (*SHOWING_EXCUSED, *_SLOWEST, "-n", "3", "--dist", "worksteal", "-m", "slow")
_BOTH = "--every-database"


def main(words: list[str]) -> int:
    """Run both stages; answers the exit code."""
    # Pytest hears Ctrl-C, too, and ends in order; we wait for that.
    signal.signal(signal.SIGINT, lambda *_: None)
    if words[:1] == ["--everything"]:
        return _everything(words[1:])
    second, coverage = _deterministic(words)
    if second.exit_code == _INTERRUPTED:
        return _INTERRUPTED
    print("Stage 3: real processes and browsers", flush=True)
    third = run(_SLOW)
    verdict = judge(third, _repeat)
    for text in verdict.told:
        print(text)
    green = second.exit_code == 0 and verdict.green
    print(coverage)
    _close("Stage 2", second)
    _close("Stage 3", third)
    flaky = ", one at the second try" if verdict.told else ""
    print(f"All tests passed{flaky}" if green else "Not all tests passed")
    return 0 if green else 1


def _everything(words: list[str]) -> int:
    second, coverage = _deterministic([*words, _BOTH])
    rounds: list[Run] = []
    with stress.busy_loops(os.cpu_count() or 1):
        while second.exit_code != _INTERRUPTED and len(rounds) < stress.TIMES:
            print(f"Stage 3, {len(rounds) + 1} of {stress.TIMES}, on a busy machine", flush=True)
            rounds.append(run([*_SLOW, _BOTH], most_seconds=stress.MOST_SECONDS))
            if rounds[-1].exit_code == _INTERRUPTED:
                break
    print("\n".join([*stress.failure_rates(rounds), coverage]))
    _close("Stage 2", second)
    for number, third in enumerate(rounds, start=1):
        _close(f"Stage 3, {number} of {stress.TIMES},", third)
    codes = {second.exit_code, *(third.exit_code for third in rounds)}
    if _INTERRUPTED in codes:
        return _INTERRUPTED
    print("Not all tests passed" if any(codes) else "All tests passed")
    return 1 if any(codes) else 0


def _deterministic(words: list[str]) -> tuple[Run, str]:
    """Stage 2, and what it covers."""
    print("Stage 2: deterministic tests", flush=True)
    chosen = ["-p", "tests.stages.measuring", *SHOWING_EXCUSED, *_SLOWEST, *words, "-m", "not slow"]
    with TemporaryDirectory(prefix="lodge-coverage-") as folder:
        ended = run(chosen, environment={measuring.FOLDER: folder})
        return ended, measuring.report(Path(folder), ROOT)


def _repeat(test: str) -> Run:
    return run([*SHOWING_EXCUSED, test], shown=False)


def _close(name: str, stage: Run) -> None:
    print(f"{name} took {stage.seconds:.0f} s:\n{stage.summary}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
