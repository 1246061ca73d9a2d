"""One program of the desk: started, killed, frozen, started again."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from jobs.process import die_with_parent
from tests import forked
from tests.architecture.source import ROOT
from tests.waiting import PATIENCE, wait_for


class Process:
    """One program. All of its runs append their output to `log`."""

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
        """Start it in a process group of its own."""
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
        """The pid of the group leader."""
        assert self._running is not None
        return self._running.pid

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self._running is not None and self._running.poll() is None

    def children(self) -> list[int]:
        """Its living child processes."""
        return [
            int(pid)
            for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        ]

    def kill(self) -> None:
        """SIGKILL the whole group, if there is one."""
        if self._running is not None:
            if self.alive:
                os.killpg(self.pid, signal.SIGKILL)
            self._running.wait(PATIENCE)
            self._running = None

    def freeze(self) -> None:
        """SIGSTOP the group: the kernel accepts connections, nobody answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT the group."""
        os.kill(self.pid, signal.SIGCONT)

    @property
    def said(self) -> str:
        """Its output so far."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""


class ForkedProcess(Process):
    """One of our own programs, `main()`: its code is loaded when it starts (`tests.forked`)."""

    def __init__(self, main: Callable[[], None], log: Path, env: Mapping[str, str]) -> None:
        super().__init__([], log)
        self._main, self._settings = main, env
        self._forked: ForkServerProcess | None = None

    def start(self) -> None:
        self._forked = forked.start(self._settings, self._main, log=self._log)
        wait_for(lambda: self._leads_session() or not self.alive, "a session of its own")

    def _leads_session(self) -> bool:
        with suppress(ProcessLookupError):  # it has ended
            return os.getsid(self.pid) == self.pid
        return False

    @property
    def pid(self) -> int:
        assert self._forked is not None and self._forked.pid is not None
        return self._forked.pid

    @property
    def alive(self) -> bool:
        return self._forked is not None and self._forked.is_alive()

    def kill(self) -> None:
        if self._forked is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._forked.join(PATIENCE)
            self._forked.close()
            self._forked = None
