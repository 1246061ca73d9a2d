"""The web server is restarted under load, and ends: nobody's request fails, nobody is cut off."""

import os
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event

import pytest
from flask import Flask

from jobs.process import die_with_parent
from portal.extensions import db
from portal.models.operations import ApiRequest
from tests.architecture.source import ROOT
from tests.cast import Cast
from tests.flows.http_browser import CastBrowser
from tests.jobs.test_gunicorn import GUNICORN
from tests.running import Running, end
from tests.servers import short_folder
from tests.waiting import PATIENCE, wait_for

pytestmark = [
    pytest.mark.slow,
    # What is asked here has nothing to do with the kind of database.
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]
FORM = "email=ann%40example.com&password=x"


class Unix(HTTPConnection):
    """A connection to a server behind a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE)
        self.sock.connect(str(self._path))


def hammer(path: Path, request: tuple[str, ...], keep: bool, over: Event) -> Counter[object]:
    """Ask until it is over, on one connection or on many; what came of it."""
    seen: Counter[object] = Counter()
    connection = Unix(path)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    while not over.is_set():
        try:
            connection.request(*request, headers if keep else {**headers, "Connection": "close"})
            answer = connection.getresponse()
            answer.read()
            seen[answer.status] += 1
        except (OSError, HTTPException) as error:
            seen[repr(error)] += 1
            connection.close()
        time.sleep(0.01)
    connection.close()
    return seen


@contextmanager
def on_handed_socket(settings: dict[str, str], handed: int) -> Iterator[None]:
    """The web server on a socket that it is handed as systemd would, until it was told to end."""
    tests = os.getpid()

    def prepare() -> None:
        die_with_parent(signal.SIGKILL, tests)
        os.dup2(handed, 3)  # and not closed when the program is loaded

    # systemd names the process that it starts, so that no child of that takes the socket.
    process = subprocess.Popen(
        ["sh", "-c", 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"', "sh", *GUNICORN],
        cwd=ROOT,
        env={**os.environ, **settings, "WEB_WORKERS": "1"},
        stdin=subprocess.DEVNULL,
        pass_fds=[3],
        preexec_fn=prepare,  # noqa: PLW1509 - started from one thread
    )
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_a_restart_on_a_socket_that_outlives_it_fails_no_request(
    lodge: object, settings: dict[str, str]
) -> None:
    kinds = [
        (("GET", "/health", ""), True),
        (("GET", "/auth/login", ""), False),
        (("POST", "/auth/login", FORM), True),
        (("POST", "/auth/login", FORM), False),
    ]
    with (
        short_folder("web") as folder,
        socket.socket(socket.AF_UNIX) as listener,
        ThreadPoolExecutor(len(kinds)) as pool,
    ):
        path, over = folder / "web.sock", Event()
        listener.bind(str(path))
        listener.listen(4096)
        # From before the first start: whoever comes while nobody serves waits.
        load = [pool.submit(hammer, path, kind, keep, over) for kind, keep in kinds]
        try:
            with on_handed_socket(settings, listener.fileno()):
                connection = Unix(path)
                connection.request("GET", "/health")
                assert connection.getresponse().status == 200
                connection.close()
                time.sleep(0.5)
            assert path.is_socket()
            with on_handed_socket(settings, listener.fileno()):
                over.set()
                seen = [one.result(PATIENCE) for one in load]
        finally:
            over.set()
    # The form has no token: a whole answer all the same.
    assert [set(one) for one in seen] == [{200}, {200}, {400}, {400}], seen
    assert sum(sum(one.values()) for one in seen) > 5


@pytest.fixture(scope="module")
def served(lodge: object, settings: dict[str, str], data_dir: Path) -> Iterator[Running]:
    environment = {key: value for key, value in settings.items() if key != "DATA_DIR"}
    # A busy machine has all its time; who is cut off after all is found by the clock.
    patient = f"--graceful-timeout {PATIENCE:.0f} --keep-alive 60"
    started = Running(data_dir, GUNICORN, WEB_WORKERS="2", GUNICORN_CMD_ARGS=patient, **environment)
    try:
        wait_for(lambda: started.get("/health") == 200, "answering")
        yield started
    finally:
        end(started)


def workers(started: Running) -> set[int]:
    return set(started.pids()) - {started.process.pid}


def counted(started: Running, route: str) -> int:
    """What `/metrics` says of answers to `route`."""
    connection = HTTPConnection("127.0.0.1", started.port, timeout=PATIENCE)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    name = f'lodge_http_requests_total{{method="GET",route="{route}",status="200"}} '
    return int(sum(float(line[len(name) :]) for line in text.splitlines() if name in line))


def metrics_folder(started: Running) -> Path:
    """The folder of metrics that its processes share."""
    for pid in workers(started):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):  # it has been closed
                target = os.readlink(f"/proc/{pid}/fd/{name}")
                if "/slot-" in target:
                    return Path(target).parent
    raise AssertionError("no worker has a slot")


def test_killed_workers_leave_no_files_and_their_count_stays(served: Running) -> None:
    before = counted(served, "/health")
    folder = metrics_folder(served)
    for _ in range(3):
        gone = workers(served)
        for pid in gone:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda gone=gone: not workers(served) & gone, "gone")  # type: ignore[misc]
        wait_for(lambda: served.get("/health") == 200, "answering")
    assert counted(served, "/health") >= before + 3
    # Of two workers and the master.
    assert len(list(folder.glob("counter_*.db"))) <= 3


def open_stream(served: Running, cast: Cast) -> HTTPConnection:
    """A page of the queue that is being told of changes."""
    sam = CastBrowser(cast.sam, served.port)
    sam.sign_in()
    watching = HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    cookie = "; ".join(f"{name}={value}" for name, value in sam.cookies.items())
    for _ in range(100):  # until the process has begun to listen for changes
        watching.request("GET", "/tickets/queue/live", headers={"Cookie": cookie})
        answer = watching.getresponse()
        if answer.status == 200:
            break
        answer.read()
    assert answer.status == 200
    assert answer.readline() == b": open\n"
    return watching


# The last one here: it ends the server.
def test_an_end_answers_what_is_at_hand_waits_for_no_open_page_and_leaves_nothing(
    app: Flask, cast: Cast, served: Running
) -> None:
    folder = metrics_folder(served)
    assert folder.is_dir()
    for _ in range(7):
        assert served.get("/api/v1/nothing") == 404
    head = f"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(FORM)}\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n"
    with ExitStack() as stack:
        stack.callback(open_stream(served, cast).close)
        address = ("127.0.0.1", served.port)
        connection = stack.enter_context(socket.create_connection(address, timeout=PATIENCE))
        answer = stack.enter_context(connection.makefile("rb"))
        connection.sendall((head + kind).encode())
        assert answer.readline().startswith(b"HTTP/1.1 100")  # it is at hand
        assert answer.readline() == b"\r\n"
        connection.sendall(FORM[:10].encode())
        served.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        wait_for(lambda: len(workers(served)) == 1, "without the one that has nothing to do")
        connection.sendall(FORM[10:].encode())
        assert answer.readline().startswith(b"HTTP/1.1 400")
        assert served.wait_until_over() == 0
        assert time.monotonic() - began < PATIENCE / 2
    assert not folder.exists()
    with app.app_context():
        assert db.session.query(ApiRequest).count() == 7
