"""Connections of browsers and of others, by real sockets."""

import socket
from collections.abc import Callable

import pytest

from jobs.streaming.connection import HEAD_SECONDS, MOST_UNSENT_BYTES
from jobs.streaming.requests import MOST_HEAD_BYTES
from portal import clock
from portal.live_events.changes import Change
from tests.stream_readers import Crowd, Reader, request, signed
from tests.stream_server import Serving
from tests.waiting import wait_for

Connect = Callable[[], Reader]


def change(server: Serving, *topics: str) -> None:
    server.call(server.streams.hear, Change(clock.now().timestamp(), "-", topics))


def test_a_page_hears_of_a_change(server: Serving, connect: Connect) -> None:
    reader = connect().say(request(signed("a")))
    head = reader.hear("event: pause").decode()
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    for line in ("Content-Type: text/event-stream", "Cache-Control: no-store", "event: pause"):
        assert line in head
    assert "Access-Control-Allow-Origin" not in head
    change(server, "a")
    reader.hear("\n\ndata: 30\n\n")


def test_a_page_of_another_origin_may_read_it_and_no_other_page(connect: Connect) -> None:
    head = connect().say(request(signed("a", origin="http://localhost:8000"))).hear("event: pause")
    assert b"\r\nAccess-Control-Allow-Origin: http://localhost:8000\r\nVary: Origin\r\n" in head
    assert b"Allow-Credentials" not in head


def test_a_request_may_come_byte_by_byte(connect: Connect) -> None:
    reader = connect()
    reader.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in request(signed("a")):
        reader.say(bytes([byte]))
    assert reader.status == 200


@pytest.mark.threat("foreign rows")
def test_nobody_hears_what_was_not_signed_for_them(server: Serving, connect: Connect) -> None:
    text = signed("a")
    assert connect().say(request(text[:-1] + ("A" if text[-1] != "A" else "B"))).status == 404
    assert connect().say(request(signed("a", keys=["another"]))).status == 404
    assert len(server.streams) == 0


def test_what_does_not_hold_any_more_has_no_stream_and_the_page_looks_by_itself(
    connect: Connect,
) -> None:
    """204: a browser does not try again by itself."""
    late = signed("a", until=clock.now().timestamp() - 1)
    answer = connect().say(request(late)).rest()
    assert answer.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.threat("floods")
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"POST /streams/x HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (b"X" * (MOST_HEAD_BYTES + 1), 431),
        (b"GET /streams/x HTTP/1.1\r\n" + b"X: y\r\n" * 4000 + b"\r\n", 431),
        (request("x") + b"GET /streams/x HTTP/1.1\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused_and_the_connection_ends(
    server: Serving, connect: Connect, sent: bytes, status: int
) -> None:
    reader = connect().say(sent)
    answer = reader.rest()
    # Of what was never read the other side may hear nothing but the end.
    assert not answer or int(answer.split()[1]) == status
    assert (b"Allow: GET\r\n" in answer) is (status == 405)
    assert len(server.streams) == 0


@pytest.mark.threat("slow clients")
def test_who_does_not_ask_is_let_go(hasty: None, connect: Connect) -> None:
    assert connect().rest().startswith(b"HTTP/1.1 408 ")
    assert connect().say(b"GET /streams/abc HT").rest().startswith(b"HTTP/1.1 408 ")


def test_who_asked_in_time_stays(server: Serving, connect: Connect) -> None:
    reader = connect().say(request(signed("a")))
    reader.hear("event: pause")
    server.call(server.let_time_pass, HEAD_SECONDS + 1)
    change(server, "a")
    reader.hear("data: ")


@pytest.mark.threat("slow clients")
def test_who_does_not_read_is_let_go(server: Serving, connect: Connect) -> None:
    deaf, well = connect(), connect()
    for reader in (deaf, well):
        reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        reader.say(request(signed("a")))
        reader.hear("event: pause")
    wires = {stream.wire for stream in server.streams._all}
    assert len(wires) == 2

    def flood() -> None:
        for wire in wires:
            wire.write(b": x\n\n" * (MOST_UNSENT_BYTES // 20))

    for _ in range(200):
        server.call(flood)
        if len(server.streams) < 2:
            break
        well.receive()
    assert len(server.streams) == 1
    assert not well.is_over


@pytest.mark.threat("floods")
def test_who_says_more_is_let_go(server: Serving, connect: Connect) -> None:
    reader = connect().say(request(signed("a")))
    reader.hear("event: pause")
    reader.say(b"GET /")
    reader.rest()
    wait_for(lambda: len(server.streams) == 0, "forgotten")


@pytest.mark.threat("floods")
def test_of_those_who_do_not_ask_the_first_go_when_there_are_too_many(
    server: Serving, connect: Connect
) -> None:
    server.askers._most = 3
    listening = connect().say(request(signed("a")))
    listening.hear("event: pause")
    first, *others = [connect() for _ in range(3)]
    assert first.rest() == b""
    for one in others:
        one.say(request(signed("a"))).hear("event: pause")
    assert not server.askers
    change(server, "a")
    listening.hear("data: ")


def test_who_leaves_is_forgotten(server: Serving, connect: Connect) -> None:
    reader = connect().say(request(signed("a")))
    reader.hear("event: pause")
    reader.close()
    wait_for(lambda: len(server.streams) == 0, "forgotten")
    change(server, "a")


def test_two_hundred_pages_hear_of_a_change_and_of_their_own(server: Serving, crowd: Crowd) -> None:
    crowd.open(signed("all", f"ticket-{n}", reader=n) for n in range(200))
    assert len(server.streams) == 200
    crowd.forget()
    change(server, "ticket-7")
    crowd.readers[7].hear("data: 30\n\n")
    change(server, "all")
    assert crowd.until(lambda reader: b"data: 5000\n\n" in reader.heard) < 1.0 * 20
    assert sum(b"data: 30\n\n" in reader.heard for reader in crowd.readers) == 1
