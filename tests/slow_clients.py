"""Clients that send a request slowly or stop in the middle of it (slow HTTP attacks)."""

import random
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from io import BytesIO
from urllib.parse import urlencode

from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.page import Visitor
from tests.waiting import PATIENCE

_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Target:
    """A web server: how to connect, its Host, and optionally a session cookie and CSRF token."""

    connect: Callable[[], socket.socket]
    host: str
    cookie: str = ""
    token: str = ""

    def signed_in_as(self, visitor: Visitor) -> "Target":
        """The same target with the session of `visitor`."""
        name = visitor.app.config["SESSION_COOKIE_NAME"]
        token = visitor.csrf_token()
        return Target(self.connect, self.host, f"{name}={visitor.cookie()}", token)

    def head(self, line: str, *fields: str) -> bytes:
        """The head of a request: `GET /health` and some fields."""
        cookie = [f"Cookie: {self.cookie}"] if self.cookie else []
        lines = [f"{line} HTTP/1.1", f"Host: {self.host}", *cookie, *fields]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def form(self, path: str, kind: str, body: bytes) -> bytes:
        """A whole request with a form in it, which comes from a page of the same server."""
        fields = f"Content-Type: {kind}", f"Content-Length: {len(body)}"
        return self.head(f"POST {path}", f"Referer: https://{self.host}/", *fields) + body

    def upload(self, size: int) -> bytes:
        """The request that files a ticket with a file of `size` bytes."""
        fields = {
            "csrf_token": self.token,
            "subject": "Slow",
            "message": "It is.",
            "priority": "low",
        }
        boundary, body = encode_multipart({**fields, "attachments": _file(size)})
        return self.form("/tickets/new", f"multipart/form-data; boundary={boundary}", body)

    def status(self, request: bytes) -> int:
        """What a request that is sent at once is answered with."""
        with self.connect() as connection:
            connection.sendall(request)
            return status_of(connection)

    def answers(self) -> bool:
        """Whether an ordinary request gets its answer."""
        return self.status(self.head("GET /health")) == 200

    def requests(self) -> list[bytes]:
        """Valid requests of every kind."""
        fields = {"csrf_token": self.token, "email": "ann@example.com", "password": "x" * 300}
        # What is in the chunks looks like their end.
        chunks = b"".join(b"40\r\n%s\r\n" % (b"xyz0\r\n\r\n" * 8) for _ in range(20))
        return [
            self.head("GET /auth/login", "Accept: text/html", "User-Agent: somebody/1.0"),
            self.head("HEAD /static/css/app.css"),
            self.form("/auth/login", _FORM, urlencode(fields).encode()),
            self.head("POST /auth/login", f"Content-Type: {_FORM}", "Transfer-Encoding: chunked")
            + chunks
            + b"0\r\n\r\n",
            self.upload(2_000),
            self.upload(300_000),
        ]


def _file(size: int) -> FileStorage:
    return FileStorage(BytesIO(random.Random(size).randbytes(size)), "slow.bin")


def status_of(connection: socket.socket) -> int:
    """The status of the answer that comes; 0 when the connection ends without one."""
    response = HTTPResponse(connection)
    with suppress(OSError, ValueError):
        response.begin()
        return response.status
    return 0


def stop_midway(target: Target, count: int, seed: int) -> list[socket.socket]:
    """Open `count` connections, send a part of a random request on each, and nothing after it."""
    chance, whole = random.Random(seed), target.requests()
    stopped = []
    for _ in range(count):
        request = chance.choice(whole)
        connection = target.connect()
        connection.sendall(request[: chance.randrange(1, len(request))])
        stopped.append(connection)
    return stopped


def drip_until_closed(target: Target, count: int, seed: int) -> list[int]:
    """Like `stop_midway`, then send a byte a second until the server ended every connection.

    Returns the status that each was ended with. Fails when another client gets no answer.
    """
    ended = drip_for(PATIENCE, target, count, seed)
    assert len(ended) == count
    return ended


def drip_for(seconds: float, target: Target, count: int, seed: int) -> list[int]:
    """Send a byte a second for `seconds`. Returns the statuses of the connections ended so far."""
    chance, whole = random.Random(seed), target.requests()
    dripping: dict[socket.socket, bytes] = {}
    for _ in range(count):
        request = chance.choice(whole)
        at = chance.randrange(1, len(request))
        connection = target.connect()
        connection.sendall(request[:at])
        # The last byte would make it whole.
        dripping[connection] = request[at:-1]
    ended, until = [], time.monotonic() + seconds
    while dripping and time.monotonic() < until:
        assert target.answers()
        for connection in select.select(list(dripping), [], [], 1)[0]:
            ended.append(status_of(connection))
            del dripping[connection]
            connection.close()
        for connection, rest in dripping.items():
            with suppress(OSError):
                connection.sendall(rest[:1])
            dripping[connection] = rest[1:]
    return ended
