"""What never reaches the application is answered as the API answers everything else."""

import json
from http import HTTPStatus
from http.client import HTTPResponse
from io import BytesIO
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jobs.serving import refusals
from portal.api.openapi.components import PROBLEM
from tests.slow_clients import Target

LONG = "x" * 5_000
UNREADABLE = {
    "an address that is too long": (
        f"GET {{path}}?q={LONG} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        414,
    ),
    "a header that is too long": (
        f"GET {{path}} HTTP/1.1\r\nHost: localhost\r\nX-Long: {LONG * 2}\r\n\r\n",
        431,
    ),
    "more headers than there may be": (
        "GET {path} HTTP/1.1\r\nHost: localhost\r\n" + "X-Many: 1\r\n" * 200 + "\r\n",
        431,
    ),
    "a head that does not end": (f"GET {{path}} HTTP/1.1\r\nX-Long: {LONG * 14}", 431),
    "a head that comes too slowly": ("GET {path} HTTP/1.1\r\nHost: localhost\r\n", 408),
    "a line that is none": ("GET {path} and more HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a header without a name": ("GET {path} HTTP/1.1\r\n: localhost\r\n\r\n", 400),
    "an unknown transfer coding": (
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: rot13\r\n\r\n",
        501,
    ),
    "an expectation of its own": (
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nExpect: cake\r\n\r\n",
        417,
    ),
}


class _Wire:
    """Bytes that http.client reads like a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> BytesIO:
        return BytesIO(self._data)


def read(told: bytes) -> tuple[HTTPResponse, bytes]:
    response = HTTPResponse(_Wire(told))  # type: ignore[arg-type]
    response.begin()
    return response, response.read()


def require_problem(response: HTTPResponse, body: bytes, status: int) -> dict[str, Any]:
    assert response.getheader("Content-Type") == "application/problem+json"
    problem: dict[str, Any] = json.loads(body)
    Draft202012Validator(PROBLEM).validate(problem)
    assert (problem["status"], problem["request_id"]) == (
        status,
        response.getheader("X-Request-ID"),
    )
    return problem


@pytest.mark.parametrize("status", [s for s in HTTPStatus if s >= 400], ids=int)
def test_a_program_reads_each_status_as_a_problem(status: HTTPStatus) -> None:
    response, body = read(refusals.answer(status, "0" * 16, for_api=True))
    assert response.status == status
    require_problem(response, body, status)


@pytest.mark.parametrize(
    ("beginning", "is_api"),
    [
        (b"GET /api/v1/tickets", True),
        (b"GET /api/v1 HTTP/1.1", True),
        (b"DELETE /api/v1?x", True),
        (b"GET /api/v10/tickets", False),
        (b"GET /tickets?next=/api/v1/", False),
        (b"\x16\x03\x01 /api/v1/", False),
        (b"", False),
    ],
)
def test_whom_a_request_is_for_is_seen_in_its_first_bytes(beginning: bytes, is_api: bool) -> None:
    assert refusals.is_for_api(beginning[: refusals.LOOKED_AT]) is is_api


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("target", ["tcp"], indirect=True)
@pytest.mark.parametrize(("request_", "status"), UNREADABLE.values(), ids=[*UNREADABLE])
def test_what_cannot_be_read_is_refused_in_the_words_of_whom_it_was_for(
    target: Target, request_: str, status: int
) -> None:
    for path in ("/api/v1/tickets", "/tickets/queue"):
        response, body = read(everything(target, request_.replace("{path}", path)))
        assert response.status == status
        if path.startswith("/api"):
            require_problem(response, body, status)
        else:
            assert response.getheader("Content-Type") == "text/plain"
        assert b"xxx" not in body


def everything(target: Target, request: str) -> bytes:
    """All that is answered to `request`, until the server closes."""
    with target.connect() as connection:
        connection.sendall(request.encode())
        told = b""
        while part := connection.recv(65_536):
            told += part
    return told
