"""`make run`: everything in one foreground command, for trying Lodge out on one machine.

Keeps queue server, web server, worker (which carries the scheduler), the process of streams and,
where INBOUND_URL asks for it, the receiver of mail alive until it is told to end. Of the portal it
imports the settings alone: it has to be small.
"""

import fcntl
import os
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, NoReturn

from jobs.launcher import demo, mailboxes, queue_server, signals
from jobs.launcher.children import Child, stop
from jobs.refusal import said_in_one_line
from portal import config
from portal.errors import ConfigError
from portal.inbound_url import Listening
from portal.setting_values import queue_url

# Whoever tries Lodge out is one person: half the memory.
_WEB_WORKERS = "1"


def main() -> None:
    """Run until told to end."""
    signals.take()
    with said_in_one_line(), suppress(signals.ToldToEnd):
        _run()


def _run() -> NoReturn:
    given = config.environment()
    folder = demo.data_folder(given)
    with _lock(folder), demo.listen(given) as listener, demo.listen_for_streams() as streams:
        port = listener.getsockname()[1]
        queue, unusual_url = _queue(given, folder)
        demo.write_file(folder, port, unusual_url)
        # For us and for every child. The settings are checked here, once and before anything runs.
        os.environ |= {
            "LODGE_DEMO": "1",
            "DATA_DIR": str(folder),
            "PORT": str(port),
            # An open socket, so that connections wait while the web server restarts.
            "LISTEN": f"fd://{listener.fileno()}",
            # Of an origin of its own: there is no proxy that would lead pages to it.
            "STREAMS_LISTEN": f"fd://{streams.fileno()}",
            "STREAMS_URL": f"http://127.0.0.1:{streams.getsockname()[1]}",
            "WEB_WORKERS": given.get("WEB_WORKERS", _WEB_WORKERS),
        }
        programs = _programs(config.load(), streams)
        _serve([Child("queue server", queue)] if queue else [], listener, programs)


def _programs(settings: Mapping[str, object], streams: socket.socket) -> list[Child]:
    """What runs beside queue server and web server."""
    programs = [
        Child("worker", _python("jobs.worker"), orphaned=signal.SIGKILL),
        Child("process of streams", _python("jobs.streams"), inherits=(streams.fileno(),)),
        Child(
            "mailbox fetcher",
            _python("jobs.mailboxes"),
            orphaned=signal.SIGKILL,
            wanted=partial(mailboxes.are_wanted, settings),
        ),
    ]
    if isinstance(settings["INBOUND_URL"], Listening):
        programs.append(Child("mail receiver", _python("jobs.inbound")))
    return programs


def _serve(queues: list[Child], listener: socket.socket, programs: list[Child]) -> NoReturn:
    """Start everything and keep it alive until told to end, which raises ToldToEnd.

    The web server prepares the database before it listens. What keeps the worker from starting
    keeps it, too: it says why, for both of them.
    """
    web = Child("web server", _python("jobs.web"), inherits=(listener.fileno(),))
    try:
        for child in (*queues, web):
            child.start()
        while not _listens(listener):
            signals.pause(0.05)
            for child in queues:
                child.tend()
            if web.has_ended():
                raise SystemExit(1)
        for child in programs:
            child.tend()
        print("ready", flush=True)
        while True:
            signals.pause(1.0)
            for child in (*queues, web, *programs):
                child.tend()
    finally:
        # Whoever uses the queue ends before it.
        stop([web, *programs], 10)
        stop(queues, 3)


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _listens(listener: socket.socket) -> bool:
    """Whether the web server has loaded; its workers are there at once."""
    return bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _lock(folder: Path) -> BinaryIO:
    """Hold the data folder: a second Lodge in it would take the first one's queue away."""
    lock = (folder / "run" / "lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise ConfigError(f"another Lodge is running in {folder}") from error
    return lock


def _queue(given: Mapping[str, str], folder: Path) -> tuple[list[str] | None, str | None]:
    """The embedded queue server's command, and its URL when that is not the usual one."""
    if given.get("REDIS_URL"):
        return None, None
    server = queue_server.binary()
    if server is None:
        raise ConfigError("no queue server: install valkey or redis, or set REDIS_URL")
    try:
        path = queue_server.socket_path(folder / "run")
    except OSError as error:
        raise ConfigError(f"no place for the queue server's socket: {error}") from error
    usual = path.parent == folder / "run"
    return queue_server.command(server, path), None if usual else queue_url(path)


if __name__ == "__main__":
    main()
