"""Busy loops last as long as they are wanted."""

import os
from pathlib import Path

import pytest

from tests.stages import stress
from tests.waiting import wait_for


@pytest.mark.slow
def test_the_loops_are_there_until_the_block_ends() -> None:
    def loops() -> int:
        pids = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        said = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids]
        return sum(b"while True: pass" in words for words in said)

    with stress.busy_loops(2):
        wait_for(lambda: loops() == 2, "two loops")
    assert loops() == 0
