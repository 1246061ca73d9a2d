"""Keeping child processes alive: start, restart with back-off, stop, leave none behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from jobs.process import die_with_parent

_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0
# A child that lived this long was well: its end is met with the short pause.
_WELL_SECONDS = 30.0


@dataclass
class Child:
    """One process: how it is started, and how its lives have gone so far.

    `inherits` are open files that it is handed; `orphaned` is the signal that it is sent when the
    supervisor is killed. `tend` starts it once it is `wanted`.
    """

    name: str
    command: list[str]
    inherits: tuple[int, ...] = ()
    orphaned: signal.Signals = signal.SIGTERM
    wanted: Callable[[], bool] | None = None
    process: subprocess.Popen[bytes] | None = None
    pause: float = 0.0
    started_at: float = 0.0
    due_at: float = 0.0

    def start(self) -> None:
        """Start the process in the supervisor's group, deaf to the terminal's Ctrl-C.

        The supervisor hears Ctrl-C for all of them and ends them in order.
        """
        parent = os.getpid()

        def prepare() -> None:
            signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGINT})
            die_with_parent(self.orphaned, parent)

        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            pass_fds=self.inherits,
            preexec_fn=prepare,  # noqa: PLW1509 - the supervisor has one thread
        )

    def has_ended(self) -> bool:
        """Whether it has ended since it was started."""
        return self.process is not None and self.process.poll() is not None

    def tend(self) -> None:
        """Start what is wanted; notice an end, and start again when the pause is over."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due_at and (self.wanted is None or self.wanted()):
                self.start()
        elif (code := self.process.poll()) is not None:
            self.process = None
            was_well = now - self.started_at > _WELL_SECONDS
            longer = min(2 * self.pause, _LONGEST_PAUSE)
            self.pause = _FIRST_PAUSE if was_well else max(_FIRST_PAUSE, longer)
            self.due_at = now + self.pause
            print(
                f"lodge: {self.name} ended ({_ending(code)}), starting it again",
                file=sys.stderr,
                flush=True,
            )


def stop(children: list[Child], seconds: float) -> None:
    """Ask `children` to end, and end those that have not after `seconds`."""
    running = [child.process for child in children if child.process is not None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + seconds
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ending(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
