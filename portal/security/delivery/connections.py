"""Network connections of `outbound` and `mail_servers` in this folder, which alone use this.

Every step keeps a deadline: unanswered name lookups, slow or endless responses. Which addresses may
be called is decided by the caller.
"""

import http.client
import io
import socket
import ssl
import threading
import time
from functools import lru_cache
from typing import Any

CONNECT_SECONDS = 3.0  # for the lookup, and for the connection
# Mostly the status alone is read; longer headers are malicious.
MAX_ANSWER = 64 * 1024

Addresses = list[tuple[socket.AddressFamily, tuple[Any, ...]]]


class Deadline:
    """A point in time after which nothing is waited for."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds left. Raises TimeoutError when none are."""
        seconds = self._ends - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def within(self, seconds: float) -> float:
        """The lesser of `seconds` and the seconds left."""
        return min(seconds, self.left())


class HttpClient(http.client.HTTPConnection):
    """An HTTP client over a given connection; it never opens one itself."""

    auto_open = 0


class DeadlineSocket:
    """The part of a socket that `http.client` uses; each step keeps the deadline."""

    def __init__(self, connection: socket.socket, deadline: Deadline, most: int) -> None:
        self._connection = connection
        self._deadline = deadline
        self._most = most

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(self._deadline.left())
            rest = rest[self._connection.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Answer(self._connection, self._deadline, self._most))

    def close(self) -> None:
        """Nothing: a body may still be read when the client is done. Its maker closes it."""


class _Answer(io.RawIOBase):
    """The response, read until the deadline and up to a size limit."""

    def __init__(self, connection: socket.socket, deadline: Deadline, room: int) -> None:
        self._connection = connection
        self._deadline = deadline
        self._room = room

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is available; 0 at the end or above the size limit."""
        if not self._room:
            return 0
        self._connection.settimeout(self._deadline.left())
        read = self._connection.recv_into(memoryview(buffer)[: self._room])
        self._room -= read
        return read


def resolve(host: str, port: int, seconds: float) -> Addresses:
    """Resolve a host name; empty on failure or timeout.

    In a thread, because getaddrinfo has no timeout.
    """
    found: Addresses = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend((family, address) for family, _type, _proto, _name, address in answers)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return list(found)


def connect(addresses: Addresses, deadline: Deadline) -> socket.socket | None:
    """A connection to the first address that answers; None when none does in time."""
    patience = Deadline(deadline.within(CONNECT_SECONDS))
    for number, (family, address) in enumerate(addresses):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            # An equal share of the time for each address: some may be unreachable.
            connection.settimeout(patience.left() / (len(addresses) - number))
            connection.connect(address)
        except OSError:
            connection.close()
        else:
            return connection
    return None


def start_tls(connection: socket.socket, name: str, deadline: Deadline) -> socket.socket:
    """`connection` under TLS, with the certificate verified for `name`."""
    try:
        connection.settimeout(deadline.left())
        return tls_context().wrap_socket(connection, server_hostname=name)
    except BaseException:
        connection.close()
        raise


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Certificates are verified by those that this machine trusts."""
    return ssl.create_default_context()
