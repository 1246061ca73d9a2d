"""`make test`: stages 2 and 3 of what has to pass; stage 1 is `make lint`.

Stage 2 is whatever is deterministic, in parallel: a test that fails there has found something, and
is never repeated. Stage 3 starts real processes and browsers, two at a time so that they do not
starve each other; see `repeating` for a test that fails there. Words are for pytest in stage 2.
"""

import signal
import sys

from tests.stages.repeating import judge
from tests.stages.running import SHOWING_EXCUSED, Run, run

# Also when test files could not be imported.
_INTERRUPTED = 2


def main(words: list[str]) -> int:
    """Run both stages; answers the exit code."""
    # Pytest hears Ctrl-C, too, and ends in order; we wait for that.
    signal.signal(signal.SIGINT, lambda *_: None)
    print("Stage 2: deterministic tests", flush=True)
    second = run([*SHOWING_EXCUSED, *words, "-m", "not slow"])
    if second.exit_code == _INTERRUPTED:
        return _INTERRUPTED
    print("Stage 3: real processes and browsers", flush=True)
    third = run([*SHOWING_EXCUSED, "-n", "2", "--dist", "worksteal", "-m", "slow"])
    verdict = judge(third, _repeat)
    for text in verdict.told:
        print(text)
    green = second.exit_code == 0 and verdict.green
    _close("Stage 2", second)
    _close("Stage 3", third)
    flaky = ", one at the second try" if verdict.told else ""
    print(f"All tests passed{flaky}" if green else "Not all tests passed")
    return 0 if green else 1


def _repeat(test: str) -> Run:
    return run([*SHOWING_EXCUSED, test], shown=False)


def _close(name: str, stage: Run) -> None:
    print(f"{name} took {stage.seconds:.0f} s:\n{stage.summary}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
