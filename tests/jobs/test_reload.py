"""A reload and an end under load: nobody notices the one, nobody is cut off by the other."""

import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event

import pytest
from flask import Flask

from portal.extensions import db
from portal.models import ApiRequest
from tests.cast import Cast
from tests.flows.person import Person
from tests.jobs.test_gunicorn import GUNICORN
from tests.running import Running, end
from tests.waiting import PATIENCE, wait_for

pytestmark = [
    pytest.mark.slow,
    # What is asked here has nothing to do with the kind of database.
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

PAGES = ("/health", "/auth/login")


@pytest.fixture
def served(app: Flask, settings: dict[str, str], data_dir: Path) -> Iterator[Running]:
    environment = {key: value for key, value in settings.items() if key != "DATA_DIR"}
    started = Running(data_dir, GUNICORN, WEB_WORKERS="2", **environment)
    wait_for(lambda: started.get("/health") == 200, "answering")
    yield started
    end(started)


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


def test_while_new_workers_load_the_old_ones_serve(served: Running) -> None:
    old = workers(served)
    served.process.send_signal(signal.SIGHUP)
    wait_for(lambda: len(workers(served)) == 4, "started")
    assert served.get("/auth/login") == 200
    assert workers(served) & old


def test_what_is_at_hand_when_it_is_told_to_end_is_answered(served: Running) -> None:
    body = b"email=ann%40example.com&password=x"
    head = f"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    with socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE) as connection:
        connection.sendall((head + kind).encode() + body[:10])
        time.sleep(0.5)
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.sendall(body[10:])
        assert connection.makefile("rb").readline().startswith(b"HTTP/1.1 400")
    assert served.wait_until_over() == 0


def test_open_pages_hold_nobody_up(served: Running, cast: Cast) -> None:
    sam = Person(cast.sam, served.port)
    sam.sign_in()
    watching = HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    cookie = "; ".join(f"{name}={value}" for name, value in sam.cookies.items())
    watching.request("GET", "/tickets/queue/live", headers={"Cookie": cookie})
    answer = watching.getresponse()
    assert answer.status == 200
    assert answer.readline() == b": open\n"
    served.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert served.wait_until_over() == 0
    # Whoever is cut off after all was waited for: eight seconds.
    assert time.monotonic() - began < 6
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
