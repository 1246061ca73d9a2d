"""Bounded waits for events."""

import time
from collections.abc import Callable

# Generous: the machine may be busy with other tests, and start a program for half a minute.
PATIENCE = 120.0


def wait_for(reached: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until `reached()`. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"not {what} within {seconds:.0f} s"
        time.sleep(0.02)
