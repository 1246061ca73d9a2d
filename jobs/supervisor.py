"""`make run`: everything in one foreground command, for trying Lodge out on one machine.

Keeps queue server, web server and worker (which carries the scheduler) alive until it is told to
end. Of the portal it imports the settings alone: it has to be small.
"""

import fcntl
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

from jobs import demo, queue_server, refusal, signals
from jobs.children import Child, stop
from jobs.demo import StartError
from portal import config
from portal.errors import ConfigError

# Time for the web server to answer once the database is ready.
_READY_SECONDS = 120.0
# Whoever tries Lodge out is one person: half the memory, and no second load of everything that a
# start on two cores would wait for.
_WEB_WORKERS = "1"
# So many ends of one child before anything was ready mean that it never will be.
_HOPELESS = 4


def main() -> int:
    """Run until told to end; answers the exit code."""
    signals.take()
    try:
        return _run()
    except (StartError, ConfigError) as error:
        print(f"lodge: {error}", file=sys.stderr)
        return 1


def _run() -> int:
    given = config.environment()
    folder = demo.data_folder(given)
    with _lock(folder), demo.listen(given) as listener:
        port = listener.getsockname()[1]
        queue, queue_url = _queue(given, folder)
        demo.write_file(folder, port, queue_url)
        # For us and for every child. The settings are checked here, once and before anything runs.
        os.environ.update({"LODGE_DEMO": "1", "DATA_DIR": str(folder), "PORT": str(port)})
        config.load()
        queues = [Child("queue server", queue, {})] if queue else []
        return _Desk(queues, listener).serve()


class _Desk:
    """The children, from their start until somebody tells us to end."""

    def __init__(self, queues: list[Child], listener: socket.socket) -> None:
        self._port = listener.getsockname()[1]
        self._gate_bar: int | None
        self._gate, self._gate_bar = os.pipe()
        self._prepared, self._report = os.pipe()
        self._refusals, self._refusal = os.pipe()
        os.environ[refusal.PIPE] = str(self._refusal)
        python = [sys.executable, "-m"]
        self._web = Child(
            "web server",
            [*python, "jobs.web"],
            # An open socket, so that connections wait while the web server restarts.
            {
                "LISTEN": f"fd://{listener.fileno()}",
                "LODGE_GATE_FD": str(self._gate),
                "WEB_WORKERS": os.environ.get("WEB_WORKERS") or _WEB_WORKERS,
            },
            inherits=(listener.fileno(), self._gate, self._refusal),
        )
        self._worker = Child(
            "worker",
            [*python, "jobs.worker"],
            {"LODGE_PREPARED_FD": str(self._report)},
            inherits=(self._report, self._refusal),
            orphaned=signal.SIGKILL,
        )
        self._queues = queues
        self._children = [*queues, self._web, self._worker]

    def serve(self) -> int:
        """Keep everything alive until told to end; answers the exit code."""
        try:
            self._start()
            if self._until(self._database_is_ready, tending=self._queues):
                self._open_gate()
                self._deadline = time.monotonic() + _READY_SECONDS
                if self._until(self._web_answers, tending=self._children):
                    print("ready", flush=True)
                    self._tend_until_told_to_end()
        finally:
            self._open_gate()  # who waits behind it does not hear that it should end
            # Whoever uses the queue ends before it.
            stop([self._web, self._worker], 10)
            stop(self._queues, 3)
        return 0

    def _start(self) -> None:
        """Start all at once. The worker's first life prepares the database while web loads."""
        for child in self._children:
            child.start()
        os.close(self._report)
        self._worker.environment, self._worker.inherits = {}, (self._refusal,)

    def _open_gate(self) -> None:
        if self._gate_bar is not None:
            os.close(self._gate_bar)
            self._gate_bar = None

    def _until(self, reached: Callable[[], bool], *, tending: list[Child]) -> bool:
        """Wait for `reached`; False when told to end before."""
        while not reached():
            if signals.told_to_end(0.05):
                return False
            self._tend(tending)
            for child in tending:
                if child.failures >= _HOPELESS:
                    raise StartError(f"the {child.name} does not start; its own words are above")
        return True

    def _tend_until_told_to_end(self) -> None:
        while not signals.told_to_end(1.0):
            self._tend(self._children)

    def _tend(self, children: list[Child]) -> None:
        for child in children:
            child.tend()
        if select.select([self._refusals], [], [], 0)[0]:
            raise StartError(os.read(self._refusals, 4096).decode().partition("\n")[0])

    def _database_is_ready(self) -> bool:
        """Whether the worker has reported. It ends without a report when it failed."""
        if not select.select([self._prepared], [], [], 0)[0]:
            return False
        if os.read(self._prepared, 1):
            return True
        raise SystemExit(1)  # it has said why

    def _web_answers(self) -> bool:
        if time.monotonic() > self._deadline:
            raise StartError(f"the web server does not answer after {_READY_SECONDS:.0f} seconds")
        request = f"GET /health HTTP/1.0\r\nHost: 127.0.0.1:{self._port}\r\n\r\n"
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=2) as connection:
                connection.sendall(request.encode("ascii"))
                return b" 200 " in connection.recv(64)
        except OSError:
            return False


def _lock(folder: Path) -> BinaryIO:
    """Hold the data folder: a second Lodge in it would take the first one's queue away."""
    lock = (folder / "run" / "lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise StartError(f"another Lodge is running in {folder}") from error
    return lock


def _queue(given: Mapping[str, str], folder: Path) -> tuple[list[str] | None, str | None]:
    """The embedded queue server's command, and its URL when that is not the usual one."""
    if given.get("REDIS_URL"):
        return None, None
    server = queue_server.binary()
    if server is None:
        raise StartError("no queue server: install valkey or redis, or set REDIS_URL")
    try:
        path = queue_server.socket_path(folder / "run")
    except OSError as error:
        raise StartError(f"no place for the queue server's socket: {error}") from error
    usual = path.parent == folder / "run"
    return queue_server.command(server, path), None if usual else f"unix://{path}?db=0"


if __name__ == "__main__":
    sys.exit(main())
