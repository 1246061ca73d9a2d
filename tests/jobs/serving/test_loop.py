"""Strangers who take their time keep nobody else waiting, and are let go."""

import socket
import stat
import time
from contextlib import suppress
from io import BytesIO

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.tickets import Ticket
from portal.services.tickets.attachments import Upload
from portal.storage import Storage
from tests import factories
from tests.cast import Cast
from tests.jobs.serving.conftest import THREADS, Served
from tests.page import Visitor
from tests.slow_clients import Target, drip_until_closed, status_of, stop_midway
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.threat("slow clients"),
    # What is asked here has nothing to do with the kind of database.
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
]

MEGABYTE = 1024 * 1024
MORE_THAN_THREADS = THREADS + 8


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


@pytest.mark.threat("false client addresses")
def test_a_socket_of_its_own_is_for_its_group_alone(served: Served) -> None:
    assert stat.S_IMODE(served.socket.stat().st_mode) == 0o660


def read_to_the_end(connection: socket.socket) -> int:
    """How many bytes came before the connection ended."""
    size = 0
    with suppress(ConnectionError):
        while data := connection.recv(MEGABYTE):
            size += len(data)
    return size


# What is waited for here is the same for both kinds of sockets: the loop's deadlines.
@pytest.mark.parametrize("target", ["tcp"], indirect=True)
def test_who_stops_midway_is_told_and_let_go(anns: Target) -> None:
    stopped = stop_midway(anns, MORE_THAN_THREADS, seed=0)
    assert anns.answers()
    assert {status_of(one) for one in stopped} == {408}
    assert anns.answers()


@pytest.mark.parametrize("target", ["unix"], indirect=True)
def test_who_drips_is_told_and_let_go(anns: Target) -> None:
    assert set(drip_until_closed(anns, MORE_THAN_THREADS, seed=4)) == {408}


@pytest.mark.parametrize("target", ["unix"], indirect=True)
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


@pytest.mark.parametrize("target", ["tcp"], indirect=True)
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
