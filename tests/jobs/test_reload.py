"""A reload and an end under load: nobody notices the one, nobody is cut off by the other."""

import os
import select
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.operations import ApiRequest
from tests.cast import Cast
from tests.flows.http_browser import CastBrowser
from tests.jobs.test_gunicorn import GUNICORN
from tests.running import Running, end
from tests.waiting import PATIENCE, wait_for

pytestmark = [
    pytest.mark.slow,
    # What is asked here has nothing to do with the kind of database.
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

PAGES = ("/health", "/auth/login")


@contextmanager
def serving(settings: dict[str, str], data_dir: Path, **more: Any) -> Iterator[Running]:
    environment = {key: value for key, value in settings.items() if key != "DATA_DIR"}
    # A busy machine has all its time; who is cut off after all is found by the clock.
    patient = f"--graceful-timeout {PATIENCE:.0f} --keep-alive 60"
    started = Running(
        data_dir, GUNICORN, WEB_WORKERS="2", GUNICORN_CMD_ARGS=patient, **environment, **more
    )
    try:
        wait_for(lambda: started.get("/health") == 200, "answering")
        yield started
    finally:
        end(started)


@pytest.fixture
def served(app: Flask, settings: dict[str, str], data_dir: Path) -> Iterator[Running]:
    with serving(settings, data_dir) as started:
        yield started


def hammer(port: int, path: str, keep: bool, over: Event) -> Counter[object]:
    """Ask for `path` until it is over, on one connection or on many; what came of it."""
    seen: Counter[object] = Counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    while not over.is_set():
        try:
            connection.request("GET", path, headers={} if keep else {"Connection": "close"})
            answer = connection.getresponse()
            answer.read()
            seen[answer.status] += 1
        except (OSError, HTTPException) as error:
            seen[repr(error)] += 1
            connection.close()
        time.sleep(0.01)
    connection.close()
    return seen


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


def test_a_reload_fails_no_request_and_loses_no_count(served: Running) -> None:
    before = {route: counted(served, route) for route in PAGES}
    old, over = workers(served), Event()
    with ThreadPoolExecutor(4) as pool:
        load = [
            pool.submit(hammer, served.port, path, keep, over)
            for path in PAGES
            for keep in (False, True)
        ]
        try:
            time.sleep(0.5)
            served.process.send_signal(signal.SIGHUP)
            wait_for(lambda: not workers(served) & old, "replaced")
            time.sleep(0.5)
        finally:
            over.set()
        seen = [one.result() for one in load]
    assert {what for one in seen for what in one} == {200}, seen
    assert len(workers(served)) == 2
    for number, route in enumerate(PAGES):
        asked = seen[2 * number][200] + seen[2 * number + 1][200]
        assert counted(served, route) - before[route] == asked


def test_while_new_workers_load_the_old_ones_serve(
    app: Flask, settings: dict[str, str], data_dir: Path
) -> None:
    gate, bar = os.pipe()  # whoever has loaded waits here for a byte
    os.write(bar, b"xx")
    with serving(settings, data_dir, LODGE_GATE_FD="0", stdin=gate) as served:
        wait_for(lambda: not select.select([gate], [], [], 0)[0], "both let in")
        old = workers(served)
        served.process.send_signal(signal.SIGHUP)
        wait_for(lambda: len(workers(served)) == 4, "started")
        assert served.get("/auth/login") == 200
        assert workers(served) > old
        os.close(bar)
        wait_for(lambda: not workers(served) & old, "replaced")
    os.close(gate)


def test_what_is_at_hand_when_it_is_told_to_end_is_answered(served: Running) -> None:
    body = b"email=ann%40example.com&password=x"
    head = f"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n"
    with ExitStack() as stack:
        address = ("127.0.0.1", served.port)
        connection = stack.enter_context(socket.create_connection(address, timeout=PATIENCE))
        answer = stack.enter_context(connection.makefile("rb"))
        connection.sendall((head + kind).encode())
        assert answer.readline().startswith(b"HTTP/1.1 100")  # it is at hand
        assert answer.readline() == b"\r\n"
        connection.sendall(body[:10])
        served.process.send_signal(signal.SIGTERM)
        wait_for(lambda: len(workers(served)) == 1, "without the one that has nothing to do")
        connection.sendall(body[10:])
        assert answer.readline().startswith(b"HTTP/1.1 400")
    assert served.wait_until_over() == 0


def test_open_pages_hold_nobody_up(served: Running, cast: Cast) -> None:
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
    served.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert served.wait_until_over() == 0
    assert time.monotonic() - began < PATIENCE / 2
    watching.close()


def test_killed_workers_leave_no_files_and_their_count_stays(served: Running) -> None:
    wait_for(lambda: served.get("/health") == 200, "answering")
    before = counted(served, "/health")
    folder = figures_of(served)
    for _ in range(3):
        gone = workers(served)
        for pid in gone:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda gone=gone: not workers(served) & gone, "gone")  # type: ignore[misc]
        wait_for(lambda: served.get("/health") == 200, "answering")
    assert counted(served, "/health") >= before + 3
    assert len(list(folder.glob("counter_*.db"))) <= 4


def figures_of(started: Running) -> Path:
    """The folder of figures that its processes share."""
    for pid in workers(started):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):  # it has been closed
                target = os.readlink(f"/proc/{pid}/fd/{name}")
                if "/slot-" in target:
                    return Path(target).parent
    raise AssertionError("no worker has a slot")


def test_requests_that_were_noted_are_logged_before_the_end(app: Flask, served: Running) -> None:
    for _ in range(7):
        assert served.get("/api/v1/nothing") == 404
    served.process.send_signal(signal.SIGTERM)
    assert served.wait_until_over() == 0
    with app.app_context():
        assert db.session.query(ApiRequest).count() == 7


def test_nothing_is_left_in_memory(served: Running) -> None:
    folder = figures_of(served)
    assert folder.is_dir()
    served.process.send_signal(signal.SIGTERM)
    assert served.wait_until_over() == 0
    assert not folder.exists()
