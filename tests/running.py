"""Lodge as `make run` starts it, in a folder of its own: real processes, bounded waits."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryFile

from tests.architecture.source import ROOT
from tests.servers import free_port
from tests.waiting import PATIENCE, wait_for

SUPERVISOR = (sys.executable, "-m", "jobs.supervisor")


class Running:
    """A started supervisor, or another command that starts it."""

    def __init__(
        self,
        folder: Path,
        command: tuple[str, ...] = SUPERVISOR,
        *,
        cwd: Path = ROOT,
        stdin: int = subprocess.DEVNULL,
        **environment: str,
    ) -> None:
        self.folder = folder
        self.port = int(environment.get("PORT") or free_port())
        self._log = TemporaryFile()  # noqa: SIM115 - closed by `end`
        given = {"DATA_DIR": str(folder), "PORT": str(self.port), **environment}
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**_clean_environment(), **given},
            stdin=stdin,
            stdout=self._log,
            stderr=self._log,
            # A session of its own: every process of it can be found, also one without a parent.
            start_new_session=True,
            # Tests that run as a shell's background job ignore SIGINT, and would hand that on.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )

    @property
    def output(self) -> str:
        """What all of its processes have printed so far."""
        return os.pread(self._log.fileno(), 1 << 20, 0).decode()

    def wait_until_ready(self) -> "Running":
        """Wait for the line `ready`."""
        wait_for(self._is_ready_or_over, "ready")
        assert self.process.poll() is None, self.output
        return self

    def _is_ready_or_over(self) -> bool:
        return "ready" in self.output.splitlines() or self.process.poll() is not None

    def wait_until_over(self) -> int:
        """Wait for the end. Returns the exit code."""
        return self.process.wait(PATIENCE)

    def get(self, path: str) -> int:
        """The status of a GET; 0 when there is no answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def pids(self, *words: str) -> list[int]:
        """Its living processes whose command line has all of `words`; all without any."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                # After the name, which may hold anything: state, parent, group, session.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) != self.process.pid or fields[0] == "Z":
                    continue
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # it has ended, or is not ours
            if line and all(word in line for word in words):
                found.append(int(entry.name))
        return sorted(found)

    def close(self) -> None:
        """Delete the captured output."""
        self._log.close()

    def memory(self) -> float:
        """Memory of all processes together, in MB of 1024 KB; what they share counts once."""
        found = 0
        for pid in self.pids():
            with suppress(OSError):  # it has ended
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                found += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return found / 1024


@contextmanager
def running(folder: Path, **options: str) -> Iterator[Running]:
    """A Lodge that is ready; all of its processes are ended afterwards."""
    started = Running(folder, **options)
    try:
        yield started.wait_until_ready()
    finally:
        end(started)


def end(started: Running) -> None:
    """Kill whatever is left of it."""
    if started.process.poll() is None:
        started.process.send_signal(signal.SIGKILL)
        started.process.wait(PATIENCE)
    for pid in started.pids():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    wait_for(lambda: not started.pids(), "gone")
    started.close()


def _clean_environment() -> dict[str, str]:
    """Ours without what a developer may have set, and without a `make` around the tests."""
    ours = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in ours if name in os.environ}
