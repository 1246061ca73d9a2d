"""The connections of `security.delivery.outbound`, which alone uses this: look up, connect, speak.

Everything here keeps a deadline, whatever the other side does: names that are not answered, bytes
that drip, answers that do not end. Where one may go is not asked here.
"""

import http.client
import io
import socket
import ssl
import threading
import time
from functools import lru_cache
from typing import Any

CONNECT_SECONDS = 3.0  # to look a name up, and to be connected
# Of an answer only the status is wanted; whoever sends more headers than this has other plans.
_MAX_ANSWER = 64 * 1024

Addresses = list[tuple[socket.AddressFamily, tuple[Any, ...]]]


class Deadline:
    """The end of all patience."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError when none are."""
        seconds = self._ends - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def within(self, seconds: float) -> float:
        """`seconds`, or what is left when that is less."""
        return min(seconds, self.left())


class HttpClient(http.client.HTTPConnection):
    """Speaks over the connection that it is given and never makes one."""

    auto_open = 0


class DeadlineSocket:
    """A connection as `http.client` uses one; each step of it keeps the deadline."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(self._deadline.left())
            rest = rest[self._connection.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Where the answer is read."""
        return io.BufferedReader(_Answer(self._connection, self._deadline))

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


class _Answer(io.RawIOBase):
    """What comes back, up to the deadline however slowly it drips, and up to a size."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        self._room = _MAX_ANSWER

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """What there is next; nothing at the end or where there is too much."""
        if not self._room:
            return 0
        self._connection.settimeout(self._deadline.left())
        read = self._connection.recv_into(memoryview(buffer)[: self._room])
        self._room -= read
        return read


def resolve(host: str, port: int, seconds: float) -> Addresses:
    """The system's answer, empty when there is none in time: its own patience has no limit."""
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
    """A connection to the first of the addresses that answers; None when none does in time."""
    patience = Deadline(deadline.within(CONNECT_SECONDS))
    for number, (family, address) in enumerate(addresses):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            # A share for each: hosts have addresses in networks that lead nowhere.
            connection.settimeout(patience.left() / (len(addresses) - number))
            connection.connect(address)
        except OSError:
            connection.close()
        else:
            return connection
    return None


def start_tls(connection: socket.socket, name: str, deadline: Deadline) -> socket.socket:
    """`connection` under TLS with whoever proves to be `name`."""
    try:
        connection.settimeout(deadline.left())
        return _tls().wrap_socket(connection, server_hostname=name)
    except BaseException:
        connection.close()
        raise


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
