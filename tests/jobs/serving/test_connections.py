"""A thread that reads from a client or writes to it waits, and not for longer than is allowed."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from gunicorn.http.message import Request
from werkzeug.exceptions import RequestTimeout

from jobs.serving import connections
from jobs.serving.arrival import SMALL
from jobs.serving.connections import Deadlines, PatientSocket, Unsent, deadlines

MEGABYTE = 1024 * 1024
HASTE = Deadlines(head=0.1, body=0.1, answer=0.1, closing=0.1)


class Asked:
    """As much of gunicorn's request as the socket knows."""

    closes = False

    def force_close(self) -> None:
        assert hasattr(Request, "force_close")
        self.closes = True


class Pair:
    """Our side and the client's, with small buffers between them."""

    def __init__(self, allowed: Deadlines, unsent: Unsent) -> None:
        accepted, self.client = socket.socketpair()
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.ours = PatientSocket(accepted, allowed, unsent)

    def close(self) -> None:
        self.ours.close()
        self.client.close()


def read_for_ever(pair: Pair) -> None:
    while True:
        pair.ours.recv(1)


@pytest.fixture
def unsent() -> Unsent:
    return Unsent(MEGABYTE)


@pytest.fixture
def pair(unsent: Unsent) -> Iterator[Pair]:
    made = Pair(HASTE, unsent)
    yield made
    made.close()


def test_who_sends_four_kilobytes_a_second_is_in_time() -> None:
    assert deadlines() == Deadlines(head=10, body=20, answer=30, closing=2)
    assert SMALL / deadlines().body < 4_000


def test_a_client_that_stops_in_the_middle_is_told_that_it_is_too_slow(pair: Pair) -> None:
    request = Asked()
    pair.ours.begin_body(request)
    pair.client.sendall(b"abc")
    assert pair.ours.recv(100) == b"abc"
    with pytest.raises(RequestTimeout):
        pair.ours.recv(100)
    assert request.closes


def test_a_drip_is_ended_although_something_comes_all_the_time(pair: Pair) -> None:
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.01):
            pair.client.sendall(b".")

    thread = threading.Thread(target=drip)
    thread.start()
    pair.ours.begin_body(Asked())
    try:
        with pytest.raises(RequestTimeout):
            read_for_ever(pair)
    finally:
        over.set()
        thread.join()


def test_each_piece_has_a_time_of_its_own(unsent: Unsent, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(connections.time, "monotonic", lambda: now)
    pair = Pair(Deadlines(), unsent)
    pair.ours.begin_body(Asked())
    now = Deadlines().body + 1
    pair.client.sendall(b"." * SMALL)
    assert len(pair.ours.recv(SMALL)) == SMALL
    later = threading.Timer(0.05, pair.client.sendall, [b"more"])
    later.start()
    assert pair.ours.recv(SMALL) == b"more"
    later.join()
    pair.close()


def test_a_fast_beginning_buys_no_slow_end(pair: Pair) -> None:
    pair.ours.begin_body(Asked())
    for _ in range(20):
        pair.client.sendall(b"." * SMALL)
        assert len(pair.ours.recv(SMALL)) == SMALL
    began = time.monotonic()
    with pytest.raises(RequestTimeout):
        pair.ours.recv(SMALL)
    assert time.monotonic() - began < 20


def test_half_a_body_is_no_body(pair: Pair) -> None:
    request = Asked()
    pair.ours.begin_body(request)
    pair.client.shutdown(socket.SHUT_WR)
    with pytest.raises(ConnectionResetError):
        pair.ours.recv(100)
    assert request.closes


def test_nobody_waits_for_what_follows_an_answer(pair: Pair) -> None:
    pair.ours.begin_body(None)
    with pytest.raises(TimeoutError):
        pair.ours.recv(100)


def test_what_a_slow_reader_has_not_taken_is_kept_in_order(pair: Pair, unsent: Unsent) -> None:
    data = bytes(range(256)) * 2048
    for start in range(0, len(data), 50_000):
        pair.ours.sendall(data[start : start + 50_000])
    assert pair.ours.kept > 0
    assert not unsent.claim(MEGABYTE)
    got = b""
    while len(got) < len(data):
        got += pair.client.recv(100_000)
        pair.ours.send_kept()
    assert got == data
    assert pair.ours.kept == 0
    assert unsent.claim(MEGABYTE)


def test_a_thread_writes_more_than_is_kept_as_fast_as_it_is_taken(pair: Pair) -> None:
    data = bytes(range(256)) * 5 * 4096
    got = bytearray()

    def read() -> None:
        while len(got) < len(data):
            got.extend(pair.client.recv(100_000))

    reader = threading.Thread(target=read)
    reader.start()
    pair.ours.sendall(data)
    assert pair.ours.kept == 0
    reader.join()
    assert got == data


def test_a_client_that_does_not_read_loses_its_thread(pair: Pair, unsent: Unsent) -> None:
    with pytest.raises(ConnectionResetError):
        pair.ours.sendall(b"." * (5 * MEGABYTE))
    pair.ours.close()
    assert unsent.claim(MEGABYTE)


def test_what_is_kept_is_limited_for_all_together(unsent: Unsent) -> None:
    assert unsent.claim(MEGABYTE)
    alone = Pair(HASTE, unsent)
    with pytest.raises(ConnectionResetError):
        alone.ours.sendall(b"." * (MEGABYTE // 2))
    alone.close()


def test_a_connection_that_is_dropped_gives_back_its_share(pair: Pair, unsent: Unsent) -> None:
    pair.ours.sendall(b"." * (MEGABYTE // 2 + 300_000))
    assert not unsent.claim(MEGABYTE)
    pair.ours.close()
    assert unsent.claim(MEGABYTE)
