"""What becomes of a stage in which tests failed that may be repeated.

A test that fails is repeated once, alone. When it passes then, it is flaky: that is told, and the
stage is green, once. It is red when two tests are flaky, and when the flaky one guards against a
threat, for one cannot know which of its two answers was true.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.stages.running import Run

# More than that is no chance; each takes up to two minutes to fail.
MOST_REPEATED = 5
_PASSED, _FAILED = 0, 1


@dataclass(frozen=True)
class Verdict:
    """Whether a stage may land, and what to tell of the tests that failed in it."""

    green: bool
    told: tuple[str, ...] = ()


def judge(first: Run, repeat: Callable[[str], Run]) -> Verdict:
    """The verdict on a stage, for which `repeat` runs a test again by its id."""
    if first.exit_code == _PASSED:
        return Verdict(green=True)
    if first.exit_code != _FAILED or not 0 < len(first.failed) <= MOST_REPEATED:
        return Verdict(green=False)
    seconds = {test: repeat(test) for test in first.failed}
    flaky = [test for test, second in seconds.items() if second.exit_code == _PASSED]
    guards = [test for test in flaky if test in first.threats | seconds[test].threats]
    told = [_told(test, first, second) for test, second in seconds.items()]
    if len(flaky) > 1:
        told.append(f"{len(flaky)} tests are flaky; one would have been let through")
    told.extend(f"{test} guards against a threat: it must not be flaky" for test in guards)
    green = len(flaky) == len(seconds) == 1 and not guards
    return Verdict(green, tuple(told))


def _told(test: str, first: Run, second: Run) -> str:
    word = "FLAKY" if second.exit_code == _PASSED else "FAILED TWICE"
    parts = [f"{word} {test}", "--- the first time", first.failed[test]]
    return "\n".join([*parts, "--- repeated alone", second.output.strip()])
