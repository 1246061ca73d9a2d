"""Many who file at once: how many a second, how evenly they wait, and whether any fails.

Also while the disk is busy, by somebody who writes a megabyte and waits for it, again and again.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import load
from tests.bench.load import Probe

PAGE = "filing"
_CONNECTIONS = (8, 32)
_SECONDS = 5
# Who waits is served in turn: the slowest twentieth waits a few times as long as the middle.
_UNEVEN = 3.0
_MEGABYTE = bytes(1 << 20)


def measure(kind: str, probe: Probe, folder: Path, busy: int) -> list[tuple[bool, str]]:
    """(passed, sentence) for each number of connections, and for `busy` seconds of a busy disk.

    The rate is said, and decides nothing: it is the machine's.
    """
    found = []
    for number in _CONNECTIONS:
        answers = load.answers(probe, number, _SECONDS)
        even = answers.p95 <= _UNEVEN * answers.p50
        said = f"{_said(kind, number, answers)} (p95 at most {_UNEVEN:.0f} × p50)"
        found.append((even and not answers.errors, said))
    with _busy_disk(folder, busy):
        answers = load.answers(probe, _CONNECTIONS[0], busy)
    said = f"{_said(kind, _CONNECTIONS[0], answers)}, the disk busy for {busy} s (none may fail)"
    return [*found, (not answers.errors, said)]


def _said(kind: str, number: int, answers: load.Answers) -> str:
    return (
        f"{number} who file, {kind}: {answers.rate:.0f}/s, p50 {answers.p50:.1f} ms, p95 "
        f"{answers.p95:.1f} ms ({answers.p95 / answers.p50:.1f} ×), {answers.errors:.0f} of "
        f"{answers.requests:.0f} failed"
    )


@contextmanager
def _busy_disk(folder: Path, seconds: int) -> Iterator[None]:
    """Somebody who writes there and waits for the disk, until the block or the time is over."""
    over, until = threading.Event(), time.monotonic() + seconds + 10

    def write() -> None:
        file = folder / "busy"
        number = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        while not over.is_set() and time.monotonic() < until:
            os.pwrite(number, _MEGABYTE, 0)
            os.fsync(number)
        os.close(number)
        file.unlink()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
