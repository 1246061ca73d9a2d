"""A request whose length can be read in two ways is refused, and nothing after it is answered.

A proxy that reads it in the other way would take the rest for a request of its own choosing.
"""

import re

import pytest

from tests.slow_clients import Target

pytestmark = [
    pytest.mark.slow,
    pytest.mark.threat("forged requests"),
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.parametrize("target", ["unix"], indirect=True),
]

SECOND = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
LENGTH = f"Content-Length: {len(SECOND)}"
AMBIGUOUS = [
    (LENGTH, "Transfer-Encoding: chunked"),
    ("Transfer-Encoding: chunked", LENGTH),
    ("Content-Length: 0", LENGTH),
    (LENGTH, "Content-Length: 0"),
    (f"Content-Length: 0, {len(SECOND)}",),
    (f"Content-Length: +{len(SECOND)}",),
    ("Content-Length: -1",),
    ("Content-Length: 0x10",),
    ("Content-Length: \xb2",),
    ("Content-Length: 1_0",),
    ("Content-Length : 5",),
    (" Content-Length: 5",),
    ("X-Thing: a", "\tContent-Length: 5"),
    ("Content-Length:",),
    ("Transfer-Encoding: identity",),
    ("Transfer-Encoding: xchunked",),
    ("Transfer-Encoding: chunked, identity",),
    ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    ("Transfer-Encoding : chunked",),
    ("Transfer-Encoding: \x0bchunked",),
    ("X-Thing: a\rTransfer-Encoding: chunked",),
    ("X-Thing: a\nTransfer-Encoding: chunked",),
    ("Host: evil.example",),
]
CHUNKS = [
    b"-1\r\n\r\n",
    b"0x0\r\n\r\n",
    b"5\r\nabcdefgh\r\n0\r\n\r\n",
    b"5\nabcde\n0\n\n",
    b"+5\r\nabcde\r\n0\r\n\r\n",
    b"5 5\r\nabcde\r\n0\r\n\r\n",
    b"\r\n0\r\n\r\n",
    b"0\r\nContent-Length: 40\r\n\r\n",
]


def answers(target: Target, request: bytes) -> list[bytes]:
    """The status of each answer on a connection that the server has to close."""
    with target.connect() as connection:
        connection.sendall(request)
        told = b""
        while part := connection.recv(65_536):
            told += part
    return re.findall(rb"HTTP/1\.1 (\d{3})", told)


@pytest.mark.parametrize("fields", AMBIGUOUS, ids=" ".join)
def test_a_head_with_two_meanings_is_refused(target: Target, fields: tuple[str, ...]) -> None:
    head = "\r\n".join(["POST /auth/login HTTP/1.1", "Host: localhost", *fields, "", ""])
    [told] = answers(target, head.encode("latin-1") + SECOND)
    assert told in {b"400", b"501"}


@pytest.mark.parametrize("chunks", CHUNKS)
def test_chunks_with_two_meanings_are_refused(anns: Target, chunks: bytes) -> None:
    kind = "Content-Type: application/x-www-form-urlencoded"
    head = anns.head("POST /auth/login", kind, "Transfer-Encoding: chunked")
    assert answers(anns, head + chunks + SECOND) == [b"400"]


@pytest.mark.parametrize("chunks", CHUNKS)
def test_chunks_that_nobody_reads_are_the_end_of_the_connection(
    target: Target, chunks: bytes
) -> None:
    head = target.head("GET /health", "Transfer-Encoding: chunked")
    assert answers(target, head + chunks + SECOND) == [b"200"]


def test_an_old_program_cannot_send_chunks(target: Target) -> None:
    head = b"POST /auth/login HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert answers(target, head + b"0\r\n\r\n" + SECOND) == [b"400"]


def test_two_whole_requests_are_answered_one_after_the_other(target: Target) -> None:
    last = SECOND.replace(b"Host", b"Connection: close\r\nHost")
    assert answers(target, SECOND + last) == [b"200", b"200"]
