"""Bytes of strangers: one kind of request is read, all others are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.streaming.requests import Refused, signed_text

HOST = b"Host: help.example.com"
GOOD = b"GET /streams/abc.DEF-1_2 HTTP/1.1\r\n" + HOST


def status(head: bytes) -> int:
    try:
        signed_text(head)
    except Refused as refused:
        return refused.status
    return 200


@pytest.mark.parametrize(
    "head",
    [
        GOOD,
        GOOD + b"\r\nCookie: lodge=abc; theme=dark\r\nAccept: text/event-stream\r\nDNT:",
        GOOD + b"\r\ncontent-length: 0",
        b"GET /streams/abc.DEF-1_2 HTTP/1.0",
    ],
)
def test_a_browser_and_a_proxy_are_understood(head: bytes) -> None:
    assert signed_text(head) == "abc.DEF-1_2"


WRONG = {
    b"": 400,
    b"GET /streams/abc HTTP/1.1": 400,  # no host
    GOOD + b"\r\n" + HOST: 400,
    b"GET /streams/abc HTTP/2.0\r\n" + HOST: 400,
    b"GET /streams/abc\r\n" + HOST: 400,
    b"GET  /streams/abc HTTP/1.1\r\n" + HOST: 400,
    b"get /streams/abc HTTP/1.1\r\n" + HOST: 400,
    b" GET /streams/abc HTTP/1.1\r\n" + HOST: 400,
    b"GET /streams/abc HTTP/1.1 \r\n" + HOST: 400,
    b"GET http://elsewhere/streams/abc HTTP/1.1\r\n" + HOST: 404,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": 400,
    b"PRI * HTTP/2.0": 400,
    GOOD + b"\nX: bare newline": 400,
    GOOD + b"\r\nX: bare\rreturn": 400,
    GOOD + b"\r\nX: zero\x00": 400,
    GOOD + b"\r\n folded": 400,
    GOOD + b"\r\nX : space before the colon": 400,
    GOOD + b"\r\n: no name": 400,
    GOOD + b"\r\nno colon": 400,
    GOOD + b"\r\nContent-Length: 5": 400,
    GOOD + b"\r\nContent-Length: 0\r\nContent-Length: 5": 400,
    GOOD + b"\r\nContent-Length: +0": 400,
    GOOD + b"\r\nTransfer-Encoding: chunked": 400,
    GOOD + b"\r\nX: y" * 101: 400,
    b"POST /streams/abc HTTP/1.1\r\n" + HOST: 405,
    b"HEAD /streams/abc HTTP/1.1\r\n" + HOST: 405,
    b"OPTIONS * HTTP/1.1\r\n" + HOST: 405,
    b"GET / HTTP/1.1\r\n" + HOST: 404,
    b"GET /streams/ HTTP/1.1\r\n" + HOST: 404,
    b"GET /streams/a/b HTTP/1.1\r\n" + HOST: 404,
    b"GET /streams/../health HTTP/1.1\r\n" + HOST: 404,
    b"GET /streams/abc?x=1 HTTP/1.1\r\n" + HOST: 404,
    b"GET /streams/%61bc HTTP/1.1\r\n" + HOST: 404,
    b"GET /STREAMS/abc HTTP/1.1\r\n" + HOST: 404,
}


@pytest.mark.threat("floods")
@pytest.mark.parametrize("head", WRONG, ids=range(len(WRONG)))
def test_what_may_be_read_in_two_ways_is_refused(head: bytes) -> None:
    assert status(head) == WRONG[head]


@given(st.binary(max_size=200), st.integers(0, len(GOOD)))
def test_whatever_comes_is_read_or_refused(noise: bytes, at: int) -> None:
    for head in (noise, GOOD[:at] + noise + GOOD[at:]):
        assert status(head) in {200, 400, 404, 405}
