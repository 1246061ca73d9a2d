"""How long something takes, as a test may judge it on a machine that does other things, too.

What a machine adds to a measurement is never negative, so the least of several tries is nearest
to the truth, and a bound that one try keeps is kept.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TRIES = 3


def cpu_seconds(action: Callable[[], object]) -> float:
    """The CPU seconds that `action` takes on this thread: the least of several tries."""
    with _no_garbage():
        return min(_spent(action, time.thread_time) for _ in range(_TRIES))


def within(seconds: float, action: Callable[[], object]) -> bool:
    """Whether `action`, which may be called again, can be done in less than `seconds`."""
    with _no_garbage():
        return any(_spent(action, time.monotonic) < seconds for _ in range(_TRIES))


def _spent(action: Callable[[], object], clock: Callable[[], float]) -> float:
    began = clock()
    action()
    return clock() - began


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Going through what thousands of tests have left in memory takes longer than most of ours."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
