"""Strangers who take their time keep nobody else waiting, and are let go."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.tickets import Ticket
from portal.services.tickets.attachments import Upload
from portal.storage import Storage
from tests import factories
from tests.cast import Cast
from tests.jobs.test_gunicorn import GUNICORN
from tests.page import Visitor
from tests.running import Running, end
from tests.servers import free_port, short_folder
from tests.slow_clients import Target, drip_until_closed, status_of, stop_midway
from tests.waiting import PATIENCE, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.threat("slow clients"),
    # What is asked here has nothing to do with the kind of database.
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

MEGABYTE = 1024 * 1024
THREADS = 8
MORE_THAN_THREADS = THREADS + 8


@dataclass(frozen=True)
class Served:
    """One process that is reached by two ways; it waits for a tenth of what it usually does."""

    running: Running
    socket: Path

    def connect(self, way: str) -> socket.socket:
        if way == "unix":
            opened = socket.socket(socket.AF_UNIX)
            opened.settimeout(PATIENCE)
            opened.connect(str(self.socket))
        else:
            opened = socket.create_connection(("127.0.0.1", self.running.port), PATIENCE)
        return opened

    def connections(self) -> int:
        """How many sockets the process holds."""
        [worker] = set(self.running.pids()) - {self.running.process.pid}
        held = 0
        for file in Path(f"/proc/{worker}/fd").iterdir():
            with suppress(OSError):  # it has been closed
                held += os.readlink(file).startswith("socket:")
        return held


@pytest.fixture(scope="module")
def served(lodge: object, settings: dict[str, str], data_dir: Path) -> Iterator[Served]:
    given = {key: value for key, value in settings.items() if key != "DATA_DIR"}
    given |= {"WEB_WORKERS": "1", "WEB_THREADS": str(THREADS), "LODGE_DEADLINES": "0.1"}
    with short_folder("web") as folder:
        path, port = folder / "web.sock", free_port()
        binds = f"--bind 127.0.0.1:{port} --bind unix:{path}"
        started = Running(data_dir, GUNICORN, PORT=str(port), GUNICORN_CMD_ARGS=binds, **given)
        try:
            wait_for(lambda: started.get("/health") == 200, "answering")
            yield Served(started, path)
        finally:
            end(started)


@pytest.fixture(params=["tcp", "unix"])
def target(served: Served, request: pytest.FixtureRequest) -> Iterator[Target]:
    """A stranger's."""
    with ExitStack() as stack:
        yield Target(lambda: stack.enter_context(served.connect(request.param)), "localhost")


@pytest.fixture
def anns(target: Target, cast: Cast, visit: Callable[[], Visitor]) -> Target:
    """The same, with Ann's cookie."""
    return target.signed_in_as(visit().sign_in(cast.ann))


@pytest.fixture
def download(app: Flask, cast: Cast) -> str:
    """Where Ann finds a file of 20 MB."""
    storage: Storage = app.extensions["lodge.storage"]
    stored = storage.put(BytesIO(bytes(20 * MEGABYTE)), limit=20 * MEGABYTE)
    kind = "application/octet-stream"
    upload = Upload(stored.key, "big.bin", kind, stored.size, stored.sha256)
    number = factories.file_ticket(app, cast.ann, uploads=[upload]).number
    page = Visitor(app).sign_in(cast.ann).get(f"/tickets/{number}")
    [link] = {a["href"] for a in page.all("a", href=True) if "/attachments/" in a["href"]}
    return link


def read_to_the_end(connection: socket.socket) -> int:
    """How many bytes came before the connection ended."""
    size = 0
    with suppress(ConnectionError):
        while data := connection.recv(MEGABYTE):
            size += len(data)
    return size


def test_who_stops_midway_is_told_and_let_go(anns: Target) -> None:
    stopped = stop_midway(anns, MORE_THAN_THREADS, seed=0)
    assert anns.answers()
    assert {status_of(one) for one in stopped} == {408}
    assert anns.answers()


def test_who_drips_is_told_and_let_go(anns: Target) -> None:
    assert set(drip_until_closed(anns, MORE_THAN_THREADS, seed=4)) == {408}


def test_who_says_nothing_is_let_go_without_a_word(target: Target) -> None:
    silent = [target.connect() for _ in range(MORE_THAN_THREADS)]
    assert target.answers()
    assert {read_to_the_end(one) for one in silent} == {0}


def test_who_does_not_close_keeps_nobody(target: Target) -> None:
    answered = [target.connect() for _ in range(5 * MORE_THAN_THREADS)]
    for one in answered:
        one.sendall(target.head("GET /health", "Connection: close"))
    began = time.monotonic()
    assert target.answers()
    # If the server waited two seconds for each of them to close, that would be three minutes.
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("target", ["unix"], indirect=True)
def test_who_reads_no_page_holds_no_thread_and_is_let_go(target: Target, served: Served) -> None:
    before = served.connections()
    for _ in range(MORE_THAN_THREADS):
        target.connect().sendall(target.head("GET /static/vendor/swagger-ui-bundle.js"))
    assert target.answers()
    wait_for(lambda: served.connections() <= before, "let go")


def test_who_reads_no_download_is_let_go(anns: Target, download: str) -> None:
    unread = [anns.connect() for _ in range(MORE_THAN_THREADS)]
    for one in unread:
        one.sendall(anns.head(f"GET {download}", "Connection: close"))
    # Whoever answers this has come back from one of them, and so has each other thread before.
    assert anns.answers()
    sizes = [read_to_the_end(one) for one in unread]
    assert sum(size < 20 * MEGABYTE for size in sizes) > THREADS


def test_who_reads_slowly_gets_all_of_it(anns: Target, download: str) -> None:
    reader = anns.connect()
    reader.sendall(anns.head(f"GET {download}", "Connection: close"))
    assert read_to_the_end(reader) > 20 * MEGABYTE


def test_more_connections_than_there_is_room_for_shut_nobody_out(target: Target) -> None:
    half = [target.connect() for _ in range(600)]
    for one in half:
        with suppress(ConnectionError):
            one.sendall(b"GET /health HTTP/1.1\r\n")
    assert target.answers()


@pytest.mark.parametrize("size", [2_000, 300_000])
def test_half_a_form_files_nothing(app: Flask, anns: Target, size: int) -> None:
    request = anns.upload(size)
    cut = anns.connect()
    cut.sendall(request[:-100])
    cut.shutdown(socket.SHUT_WR)
    assert status_of(cut) in {0, 400}
    with app.app_context():
        assert db.session.query(Ticket).count() == 0
    assert anns.status(request) == 303
