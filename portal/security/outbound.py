"""The one HTTP client: whatever is sent to an address that somebody typed goes through here.

A name is looked up once, every address that it has must be a public one, and the connection is
made to an address that was looked at: a name that means something else a moment later leads
nowhere new. No redirects, no proxies, no credentials in the URL, one deadline for all of it. What
the operator names in OUTBOUND_ALLOW (`host:port`) may also be private, have another port, and
speak without TLS. A test holds that no other module opens connections of its own.
"""

import http.client
import io
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from urllib.parse import quote, urlsplit

from portal.extensions import setting
from portal.security.networks import is_public

MAX_URL = 2000
TOTAL_SECONDS = 5.0
_CONNECT_SECONDS = 3.0
# Of an answer only the status is wanted; whoever sends more headers than this has other plans.
_MAX_ANSWER = 64 * 1024
_USUAL = {"https": 443, "http": 80}
# More ports would make a scanner of us; the operator can allow others by name.
_PORTS = frozenset({443, 8443})
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?", re.ASCII)
# Some parsers end the host at a backslash and others do not, some drop white space.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")
_KEPT = "/%:=&?~+!$,;'@()*[]"

_Address = tuple[Any, ...]
_Found = list[tuple[socket.AddressFamily, _Address]]


class OutboundError(Exception):
    """Nothing was sent, or nobody knows whether it was taken.

    `code` is "url", "unreachable" (no such name, no such host, or one that is not for us to
    reach: which of them is nobody's business), "timeout", "tls" or "answer".
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that was taken apart and may be called, as far as one can see without a look-up."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port: what may be shown, as paths often hold a secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if _USUAL[self.scheme] == self.port else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole of it, as it is kept."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def allowed(self) -> bool:
        """Whether the operator vouches for it."""
        return (self.host, self.port) in setting("OUTBOUND_ALLOW")


def parse(url: str) -> Target:
    """`url` taken apart. Raises OutboundError("url") for what is never called."""
    try:
        parts = urlsplit(url)
        host, port = _host(parts.hostname or ""), parts.port
    except (ValueError, UnicodeError):
        raise OutboundError("url") from None
    if parts.scheme not in _USUAL or "@" in parts.netloc or _AMBIGUOUS.search(url):
        raise OutboundError("url")
    path = quote(parts.path or "/", safe=_KEPT)
    if parts.query:
        path += "?" + quote(parts.query, safe=_KEPT)
    target = Target(parts.scheme, host, _USUAL[parts.scheme] if port is None else port, path)
    if len(target.url) > MAX_URL:
        raise OutboundError("url")
    if not target.allowed and (target.scheme != "https" or target.port not in _PORTS):
        raise OutboundError("url")
    return target


def check(url: str) -> Target:
    """`url` when it could be called now. Looks the name up, so never under the write lock.

    Raises OutboundError("url") or ("unreachable").
    """
    target = parse(url)
    _addresses(target, _CONNECT_SECONDS)
    return target


def post(url: str, body: bytes, headers: Mapping[str, str], *, within: float | None = None) -> int:
    """Send `body`; answers the status, whatever it is. Raises OutboundError.

    It takes TOTAL_SECONDS at most, or `within` when that is less.

    The answer's text is not even read: it would be a look into other people's servers.
    """
    target = parse(url)
    deadline = _Deadline(min(TOTAL_SECONDS, within or TOTAL_SECONDS))
    try:
        with _connected(target, deadline) as connection:
            wire = _Wire(connection, deadline)
            client = _Client(target.host, target.port)
            client.sock = cast(socket.socket, wire)
            ours = {"Host": target.authority, "User-Agent": "Lodge", "Connection": "close"}
            client.request("POST", target.path, body, {**ours, **headers})
            return client.getresponse().status
    except TimeoutError:
        raise OutboundError("timeout") from None
    except ssl.SSLError:
        raise OutboundError("tls") from None
    except (http.client.HTTPException, OSError):
        raise OutboundError("answer") from None


class _Deadline:
    """The end of all patience."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left. Raises TimeoutError when none are."""
        seconds = self._ends - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


class _Client(http.client.HTTPConnection):
    """Speaks over the connection that it is given and never makes one."""

    auto_open = 0


class _Wire:
    """A connection as `http.client` uses one; each step of it keeps the deadline."""

    def __init__(self, connection: socket.socket, deadline: _Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(self._deadline.left())
            rest = rest[self._connection.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Answer(self._connection, self._deadline))

    def close(self) -> None:
        self._connection.close()


class _Answer(io.RawIOBase):
    """What comes back, up to the deadline however slowly it drips, and up to a size."""

    def __init__(self, connection: socket.socket, deadline: _Deadline) -> None:
        self._connection = connection
        self._deadline = deadline
        self._room = _MAX_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._room:
            return 0
        self._connection.settimeout(self._deadline.left())
        read = self._connection.recv_into(memoryview(buffer)[: self._room])
        self._room -= read
        return read


def _host(text: str) -> str:
    """A host as it is compared and looked up. Raises ValueError for what is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        host = text.encode("idna").decode("ascii").lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise ValueError("host")
    return host


def _connected(target: Target, deadline: _Deadline) -> socket.socket:
    """A connection to one of the target's addresses, with TLS in the target's name."""
    connection = _reached(_addresses(target, min(_CONNECT_SECONDS, deadline.left())), deadline)
    if target.scheme == "http":
        return connection
    try:
        connection.settimeout(deadline.left())
        return _tls().wrap_socket(connection, server_hostname=target.host)
    except BaseException:
        connection.close()
        raise


def _reached(addresses: _Found, deadline: _Deadline) -> socket.socket:
    """The first of the addresses that answers."""
    patience = _Deadline(min(_CONNECT_SECONDS, deadline.left()))
    for family, address in addresses:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(patience.left())
            connection.connect(address)
        except TimeoutError:
            connection.close()
            raise
        except OSError:
            connection.close()
        else:
            return connection
    raise OutboundError("unreachable")


def _addresses(target: Target, seconds: float) -> _Found:
    """What the host means now. Raises OutboundError unless all of it is for us to reach."""
    found = _look_up(target.host, target.port, seconds)
    # All of them: otherwise whoever owns the name could hide one among others.
    if not found or not (target.allowed or all(is_public(str(a[0])) for _family, a in found)):
        raise OutboundError("unreachable")
    return found


def _look_up(host: str, port: int, seconds: float) -> _Found:
    """The system's answer, empty when there is none in time: its own patience has no limit."""
    found: _Found = []

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


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
