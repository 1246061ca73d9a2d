"""How often each slow test fails beside processes that leave it little of the machine."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.process import die_with_parent
from tests.stages.running import Run

TIMES = 5
# No round goes on for longer: a test that hangs fails by itself long before.
MOST_SECONDS = 3600.0


@contextmanager
def busy_loops(number: int) -> Iterator[None]:
    """So many processes that compute for nothing."""
    us = os.getpid()
    loops = [
        subprocess.Popen(
            [sys.executable, "-S", "-c", "while True: pass"],
            process_group=0,  # Ctrl-C is for pytest
            preexec_fn=lambda: die_with_parent(signal.SIGKILL, us),  # noqa: PLW1509
        )
        for _ in range(number)
    ]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def failure_rates(rounds: list[Run]) -> list[str]:
    """A line for each test that ran, those that failed most often at the end."""
    ran = Counter(test for one in rounds for test in one.ran)
    failed = Counter(test for one in rounds for test in one.failed)
    ordered = sorted(ran | failed, key=lambda test: (failed[test], test))
    return [f"failed {failed[test]} of {max(ran[test], failed[test])}  {test}" for test in ordered]
