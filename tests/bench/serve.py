"""An application under gunicorn, in the way that production runs it, and what its processes use."""

import http.client
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from portal import config
from tests.servers import free_port, running, short_folder, wait

WORKERS, THREADS = 2, 4
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """`url` has no slash at its end; `pid` is the master's."""

    url: str
    pid: int

    def cpu(self) -> float:
        """Seconds that the workers have spent so far, in user space and in the kernel."""
        return sum(_cpu(pid) for pid in children(self.pid))

    def memory(self) -> tuple[float, float]:
        """RSS and PSS of master and workers in MB; PSS counts what they share once."""
        pids = [self.pid, *children(self.pid)]
        return tuple(sum(memory(pid, kind) for pid in pids) for kind in ("Rss", "Pss"))


@contextmanager
def serve(application: str, environment: dict[str, str]) -> Iterator[Server]:
    """`application` (`module:name`) with two workers of four threads, until the block ends.

    `environment` is Lodge's, whatever is served: its settings of the server are read with it.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = config.ROOT / "jobs" / "gunicorn.py"
    command = [sys.executable, "-m", "gunicorn", "-c", str(settings), application]
    # Our own worker class knows Lodge alone.
    command += ["--worker-class", "gthread", "--log-level", "error"]
    given = {"PORT": str(port), "WEB_WORKERS": str(WORKERS), "WEB_THREADS": str(THREADS)}
    with short_folder("bench") as folder:
        env = {**os.environ, **environment, **given}
        with running(command, folder, stop=signal.SIGTERM, env=env) as process:
            wait(lambda: _answers(url), process, application)
            yield Server(url, process.pid)


def children(pid: int) -> list[int]:
    """The processes that `pid` has started and that still run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def family_cpu(pid: int) -> float:
    """Seconds of `pid`, of its children, and of children that have ended."""
    return _cpu(pid, ended=True) + sum(_cpu(child, ended=True) for child in children(pid))


def _cpu(pid: int, *, ended: bool = False) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return sum(int(ticks) for ticks in fields[11 : 15 if ended else 13]) / _TICKS


def memory(pid: int, kind: str) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{kind}:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no {kind} of process {pid}")


def _answers(url: str) -> bool:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except OSError:
        return False
    finally:
        connection.close()
    return True
