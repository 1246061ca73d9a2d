"""The web server's unix socket: who may use it, and what becomes of it when the server restarts."""

import os
import signal
import socket
import stat
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

import pytest

from jobs.process import die_with_parent
from tests.architecture.source import ROOT
from tests.jobs.test_gunicorn import GUNICORN
from tests.servers import short_folder
from tests.slow_clients import Target, status_of
from tests.waiting import PATIENCE, wait_for

pytestmark = [
    pytest.mark.slow,
    # What is asked here has nothing to do with the kind of database.
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]


@pytest.fixture
def path(lodge: object) -> Iterator[Path]:
    with short_folder("web") as folder:
        yield folder / "web.sock"


def door_at(path: Path) -> Target:
    def connect() -> socket.socket:
        opened = socket.socket(socket.AF_UNIX)
        opened.settimeout(PATIENCE)
        try:
            opened.connect(str(path))
        except OSError:
            opened.close()
            raise
        return opened

    return Target(connect, "localhost")


def answers(path: Path) -> bool:
    with suppress(OSError):
        return door_at(path).answers()
    return False


@contextmanager
def web(settings: dict[str, str], path: Path, handed: int | None = None) -> Iterator[None]:
    """The web server, at `path`, or on a socket that it is handed as systemd would."""
    given = {"LISTEN": f"unix:{path}", "WEB_WORKERS": "1"}
    tests = os.getpid()

    def prepare() -> None:
        die_with_parent(signal.SIGKILL, tests)
        if handed is not None:
            os.dup2(handed, 3)  # and not closed when the program is loaded

    # systemd names the process that it starts, so that no child of that takes the socket.
    name = ["env", "-u", "LISTEN"] if handed is not None else ["env"]
    shell = 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' if handed is not None else 'exec "$@"'
    process = subprocess.Popen(
        ["sh", "-c", shell, "sh", *name, *GUNICORN],
        cwd=ROOT,
        env={**os.environ, **settings, **given},
        stdin=subprocess.DEVNULL,
        pass_fds=[3] if handed is not None else [],
        preexec_fn=prepare,  # noqa: PLW1509 - started from one thread
    )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0


@pytest.mark.threat("false client addresses")
def test_a_socket_of_its_own_is_for_its_group_alone(settings: dict[str, str], path: Path) -> None:
    with web(settings, path):
        wait_for(lambda: answers(path), "answering")
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


def ask(path: Path, over: Event) -> Counter[object]:
    """Ask again and again on new connections; how often what came of it."""
    seen: Counter[object] = Counter()
    target = door_at(path)
    fields = b"email=ann%40example.com&password=x"
    kind = "application/x-www-form-urlencoded"
    requests = [target.head("GET /health"), target.form("/auth/login", kind, fields)]
    while not over.is_set():
        for request in requests:
            try:
                with target.connect() as connection:
                    connection.sendall(request)
                    seen[status_of(connection)] += 1
            except OSError as error:
                seen[repr(error)] += 1
        time.sleep(0.01)
    return seen


def test_a_socket_of_systemd_s_outlives_a_restart_and_no_request_fails(
    settings: dict[str, str], path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as listener, ThreadPoolExecutor(4) as pool:
        listener.bind(str(path))
        listener.listen(4096)
        over = Event()
        load = [pool.submit(ask, path, over) for _ in range(4)]
        try:
            for _ in range(3):  # a start while somebody waits already, and two restarts
                with web(settings, path, listener.fileno()):
                    assert door_at(path).answers()
                    time.sleep(0.5)
                assert path.is_socket()
            with web(settings, path, listener.fileno()):
                over.set()
                seen = sum((one.result(PATIENCE) for one in load), Counter[object]())
        finally:
            over.set()
    # The form has no token: a whole answer all the same.
    assert set(seen) == {200, 400}
    assert seen[200] > 10
