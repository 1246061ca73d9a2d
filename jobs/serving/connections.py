"""A client's connection, on which nobody waits without a deadline."""

import errno
import os
import select
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from gunicorn import http
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn

from jobs.serving import refusals
from jobs.serving.arrival import SMALL, Arrival

# werkzeug is imported late: when it is missing, the application says so in one line.

# What threads have written and clients have not taken may be so much, of one and of all.
_UNSENT = 2 * 1024 * 1024
_UNSENT_TOGETHER = 64 * 1024 * 1024


@dataclass(frozen=True)
class Deadlines:
    """How many seconds a client has."""

    # For the head of a request: from its first byte, or from the connection.
    head: float = 10.0
    # For each 64 KB of a body: somebody with three kilobytes a second is still in time.
    body: float = 20.0
    # For each 64 KB of an answer.
    answer: float = 30.0
    # To close after we did.
    closing: float = 2.0


def deadlines() -> Deadlines:
    """Those in force. Tests that cannot wait for so long shorten them."""
    usual, factor = Deadlines(), float(os.environ.get("LODGE_DEADLINES", "1"))
    return Deadlines(usual.head * factor, usual.body * factor, usual.answer * factor)


class Unsent:
    """How much is kept in memory for all clients of the process."""

    def __init__(self, most: int = _UNSENT_TOGETHER) -> None:
        self._left = most
        self._lock = threading.Lock()

    def claim(self, size: int) -> bool:
        """Count `size` more, or fewer; False when that is too much."""
        with self._lock:
            if size > self._left:
                return False
            self._left -= size
            return True


class PatientSocket(socket.socket):
    """An accepted socket, as the thread sees it that answers: it waits, but not for ever."""

    def __init__(self, accepted: socket.socket, allowed: Deadlines, unsent: Unsent) -> None:
        kind = accepted.family, accepted.type, accepted.proto
        super().__init__(*kind, fileno=accepted.detach())
        super().setblocking(False)
        self._allowed, self._unsent_of_all = allowed, unsent
        self._request: Any = None
        self._until, self._received = 0.0, 0
        self._parts: deque[memoryview] = deque()
        self._claimed = 0
        # Whether the request that came last was meant for the API.
        self.is_for_api = False

    def setblocking(self, flag: bool) -> None:
        """It never blocks: whoever has to wait does so here."""

    def receive_now(self, size: int) -> bytes:
        """What is there. Raises BlockingIOError when there is nothing."""
        return super().recv(size)

    def begin_body(self, request: Any) -> None:
        """A thread may read what is left of gunicorn's `request`, or nothing any more (None)."""
        self._request = request
        self._begin_piece()

    def _begin_piece(self) -> None:
        self._until, self._received = time.monotonic() + self._allowed.body, 0

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Wait for more of a body.

        Raises werkzeug's RequestTimeout when the client is too slow, and ConnectionResetError when
        it sends no more: half a body must not look like a whole one.
        """
        if self._request is None:
            raise TimeoutError("nobody waits for this")
        while True:
            try:
                data = super().recv(size, flags)
            except BlockingIOError:
                self._wait_for_more()
                continue
            if not data:
                self._request.force_close()
                raise ConnectionResetError(errno.ECONNRESET, "the body ends early")
            self._received += len(data)
            if self._received >= SMALL:
                self._begin_piece()
            return data

    def _wait_for_more(self) -> None:
        if not self._wait(select.POLLIN, self._until):
            self._request.force_close()
            from werkzeug.exceptions import RequestTimeout

            raise RequestTimeout

    def sendall(self, data: Any, flags: int = 0) -> None:  # noqa: ARG002
        """Send it, or keep it for the loop to send when the client is slow and it is little.

        Raises ConnectionResetError when the client does not read.
        """
        if not self._parts:
            sent = self._send_now(data)
            if sent == len(data):
                return
            data = memoryview(data)[sent:]
        self._parts.append(memoryview(data))
        if self.send_kept():
            return
        size = sum(map(len, self._parts))
        if size <= _UNSENT and self._unsent_of_all.claim(size - self._claimed):
            self._claimed = size
            return
        while self._parts:
            part = self._parts[0]
            self._send_waiting(part[:SMALL])
            self._parts[0] = part[SMALL:]
            if not self._parts[0]:
                self._parts.popleft()
        self._release()

    def send_kept(self) -> bool:
        """Send what the client takes now; whether that was all."""
        while self._parts:
            part = self._parts[0]
            sent = self._send_now(part)
            if sent < len(part):
                self._parts[0] = part[sent:]
                return False
            self._parts.popleft()
        self._release()
        return True

    def _send_now(self, data: Any) -> int:
        try:
            return self.send(data)
        except BlockingIOError:
            return 0

    @property
    def kept(self) -> int:
        """How many bytes the client has not taken."""
        return sum(map(len, self._parts))

    def close(self) -> None:
        """Also forget what was kept."""
        self._parts.clear()
        self._release()
        super().close()

    def _release(self) -> None:
        if self._claimed:
            self._unsent_of_all.claim(-self._claimed)
            self._claimed = 0

    def _send_waiting(self, piece: memoryview) -> None:
        until = time.monotonic() + self._allowed.answer
        while piece:
            try:
                piece = piece[self.send(piece) :]
            except BlockingIOError:
                if not self._wait(select.POLLOUT, until):
                    raise ConnectionResetError(errno.ECONNRESET, "nobody reads this") from None

    def _wait(self, event: int, until: float) -> bool:
        """Whether it happened in time."""
        left = until - time.monotonic()
        if left <= 0:
            return False
        poll = select.poll()
        poll.register(self, event)
        return bool(poll.poll(left * 1000))


class BodyReader:
    """Gunicorn's reader of a body, for which it is the client's mistake when that cannot be read.

    Half-way through a body an application knows werkzeug's errors alone.
    """

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def read(self, size: int) -> bytes:
        """Raises werkzeug's BadRequest."""
        try:
            data: bytes = self._reader.read(size)
        except ParseException as error:
            from werkzeug.exceptions import BadRequest

            raise BadRequest from error
        return data


class Connection(TConn):  # type: ignore[misc]
    """What gunicorn knows of a connection, and what has come of its next request."""

    def __init__(self, cfg: Any, sock: PatientSocket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.parser = http.get_parser(cfg, sock, client)
        # So that no thread waits for the first byte.
        self.initialized = self.data_ready = True
        self.arrival = Arrival()
        # Whether a thread has to read its body from the client.
        self.is_long = False
        # Of an answer that the loop sends: how much was left of it when its present piece began,
        # and whether another request may follow.
        self.kept, self.keep = 0, False

    def note_beginning(self) -> None:
        """Remember whom the request is for, since the parser takes its bytes."""
        beginning = self.arrival.peek(refusals.LOOKED_AT)
        self.sock.is_for_api = refusals.is_for_api(beginning)
