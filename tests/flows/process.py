"""A program of the desk as the tests hold it: started, killed, frozen and started again."""

import os
import signal
import subprocess
from pathlib import Path

from jobs.process import die_with_parent
from tests.architecture.source import ROOT
from tests.waiting import PATIENCE


class Process:
    """One program. What it says is added to the file `log`, over all of its lives."""

    def __init__(
        self,
        command: list[str | Path],
        log: Path,
        *,
        env: dict[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self._command, self._env, self._user = command, env, user
        self._log = log
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a group of its own, so that it can be killed with all that it started."""
        tests = os.getpid()
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command,
                cwd=ROOT if self._user is None else "/",
                env=self._env,
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(signal.SIGKILL, tests),  # noqa: PLW1509
            )

    @property
    def pid(self) -> int:
        """The process at the head of the group."""
        assert self._running is not None
        return self._running.pid

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._running is not None and self._running.poll() is None

    def children(self) -> list[int]:
        """The processes that it has started itself and that are there now."""
        return [
            int(pid)
            for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        ]

    def kill(self) -> None:
        """End the whole group without a word; nothing happens when there is none."""
        if self._running is not None:
            if self.alive:
                os.killpg(self.pid, signal.SIGKILL)
            self._running.wait(PATIENCE)
            self._running = None

    def freeze(self) -> None:
        """Let it stand still; connections to it are taken by the kernel and never answered."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on where it stood."""
        os.kill(self.pid, signal.SIGCONT)

    @property
    def said(self) -> str:
        """What it has written, to its end."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""
