"""`make run`: everything in one foreground command, for trying Lodge out on one machine.

Prepares the database, then keeps queue server, web server and worker (which carries the scheduler)
alive until it is told to end. Of the portal it imports the settings alone: it has to be small.
"""

import fcntl
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, NoReturn

from jobs.launcher import demo, queue_server, signals
from jobs.launcher.children import Child, ending, stop
from jobs.launcher.demo import StartError
from portal import config
from portal.errors import ConfigError

# Whoever tries Lodge out is one person: half the memory.
_WEB_WORKERS = "1"
# So many ends of one child before anything was ready mean that it never will be.
_HOPELESS = 4


def main() -> int:
    """Run until told to end; answers the exit code."""
    signals.take()
    try:
        _run()
    except signals.ToldToEnd:
        return 0
    except (StartError, ConfigError) as error:
        print(f"lodge: {error}", file=sys.stderr)
        return 1


def _run() -> NoReturn:
    given = config.environment()
    folder = demo.data_folder(given)
    with _lock(folder), demo.listen(given) as listener:
        port = listener.getsockname()[1]
        queue, queue_url = _queue(given, folder)
        demo.write_file(folder, port, queue_url)
        # For us and for every child. The settings are checked here, once and before anything runs.
        os.environ.update({"LODGE_DEMO": "1", "DATA_DIR": str(folder), "PORT": str(port)})
        config.load()
        _prepare()
        _serve([Child("queue server", queue)] if queue else [], listener)


def _prepare() -> None:
    """Migrate and fill the database. Raises SystemExit when that failed: it has said why."""
    child = Child("preparation", _python("jobs.launcher.prepare"), orphaned=signal.SIGKILL)
    process = child.start()
    try:
        while (code := process.poll()) is None:
            signals.pause(1.0)
    finally:
        stop([child], 3)
    if code < 0:
        raise StartError(f"preparing the database ended by {ending(code)}")
    if code:
        raise SystemExit(code)


def _serve(queues: list[Child], listener: socket.socket) -> NoReturn:
    """Keep everything alive until told to end, which raises ToldToEnd."""
    web = Child(
        "web server",
        _python("jobs.web"),
        # An open socket, so that connections wait while the web server restarts.
        {
            "LISTEN": f"fd://{listener.fileno()}",
            "WEB_WORKERS": os.environ.get("WEB_WORKERS") or _WEB_WORKERS,
        },
        inherits=(listener.fileno(),),
    )
    worker = Child("worker", _python("jobs.worker"), orphaned=signal.SIGKILL)
    children = [*queues, web, worker]
    try:
        for child in children:
            child.start()
        while not _is_served(listener):
            signals.pause(0.05)
            for child in children:
                child.tend()
                if child.failures >= _HOPELESS:
                    raise StartError(f"the {child.name} does not start; its own words are above")
        print("ready", flush=True)
        while True:
            signals.pause(1.0)
            for child in children:
                child.tend()
    finally:
        # Whoever uses the queue ends before it.
        stop([web, worker], 10)
        stop(queues, 3)


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _is_served(listener: socket.socket) -> bool:
    """Whether the web server has loaded: then it listens, and its workers are there at once."""
    try:
        socket.create_connection(listener.getsockname(), timeout=2).close()
    except OSError:
        return False
    return True


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
