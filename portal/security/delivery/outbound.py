"""The only HTTP client for addresses that users type. Protects against SSRF.

A name is resolved once, all of its addresses must be public, and the connection is made to one of
them, so a name that changes meanwhile leads nowhere else. No redirects, no proxies, no credentials
in the URL, one deadline for the whole call. What the operator lists in OUTBOUND_ALLOW (`host:port`)
may also be private, use another port, and speak without TLS.

A test holds that no other module opens connections (`connections` does it for this one).
"""

import http.client
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, cast
from urllib.parse import quote, urlsplit

from portal.extensions import setting
from portal.security.delivery import connections
from portal.security.delivery.connections import Addresses, Deadline, DeadlineSocket, HttpClient
from portal.security.delivery.networks import is_public

MAX_URL = 2000
TOTAL_SECONDS = 5.0
_USUAL = {"https": 443, "http": 80}
# With all ports we could be used as a port scanner; the operator can allow others.
_PORTS = frozenset({443, 8443})
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?", re.ASCII)
# Some parsers end the host at a backslash and others do not, some drop white space.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")
_KEPT = "/%:=&?~+!$,;'@()*[]"
_MAX_LINE = 64 * 1024
Read = TypeVar("Read")


class OutboundError(Exception):
    """The request was not sent, or its outcome is unknown.

    `code` is "url", "unreachable" (unknown, not public, or not answering: which of them is not
    disclosed), "timeout", "tls" or "answer".
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed URL that may be called as far as is known without resolving its name."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port, which may be displayed: paths may contain a secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if _USUAL[self.scheme] == self.port else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def is_allowed(self) -> bool:
        """Whether OUTBOUND_ALLOW lists it."""
        return (self.host, self.port) in setting("OUTBOUND_ALLOW")


def parse(url: str) -> Target:
    """Parse and check `url`. Raises OutboundError("url")."""
    try:
        parts = urlsplit(url)
        host, port = normal_host(parts.hostname or ""), parts.port
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
    if not target.is_allowed and (target.scheme != "https" or target.port not in _PORTS):
        raise OutboundError("url")
    return target


def check(url: str) -> Target:
    """Parse `url` and resolve its name; not to be called under the write lock.

    Raises OutboundError("url") or ("unreachable").
    """
    target = parse(url)
    _addresses(target, connections.CONNECT_SECONDS)
    return target


def post(url: str, body: bytes, headers: Mapping[str, str], *, within: float | None = None) -> int:
    """POST `body` and return the HTTP status, whatever it is. Raises OutboundError.

    It takes at most TOTAL_SECONDS, or `within` if that is less. The response body is not read: it
    could disclose other people's servers.
    """
    seconds = min(TOTAL_SECONDS, within or TOTAL_SECONDS)
    return _exchange(_Request(url, body, headers), seconds, lambda answer: answer.status)


def ask(url: str, body: bytes, headers: Mapping[str, str], *, within: float) -> tuple[int, bytes]:
    """POST `body` and return status and body of the answer, of up to 64 KB. Raises OutboundError.

    Only for addresses that are ours to name, never for those that users type.
    """
    request = _Request(url, body, headers)
    return _exchange(request, within, lambda answer: (answer.status, answer.read()))


class Answer(NamedTuple):
    """`headers` by their names in small letters; the first of each."""

    status: int
    headers: dict[str, str]
    body: bytes


def fetch(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None = None,
    *,
    within: float,
    most: int,
) -> Answer:
    """The whole answer, of up to `most` bytes with its headers. Raises OutboundError.

    As `ask` only for addresses that are ours to name. Of a longer answer the rest is missing, or it
    is OutboundError("answer").
    """

    def read(answer: http.client.HTTPResponse) -> Answer:
        named = {name.lower(): value for name, value in reversed(answer.getheaders())}
        return Answer(answer.status, named, answer.read())

    return _exchange(_Request(url, body, headers, method, most), within, read)


class _Request(NamedTuple):
    """`most` is how many bytes of the answer are taken; 0: MAX_ANSWER."""

    url: str
    body: bytes | None
    headers: Mapping[str, str]
    method: str = "POST"
    most: int = 0


class StreamedAnswer:
    """An answer that is read while it comes."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.media_type = response.headers.get_content_type()
        self._response = response

    def lines(self) -> Iterator[bytes]:
        """Its lines; a very long one in pieces. One that was cut off ends early."""
        while line := self._response.readline(_MAX_LINE):
            yield line


@contextmanager
def stream(
    url: str, body: bytes, headers: Mapping[str, str], *, within: float, most: int
) -> Iterator[StreamedAnswer]:
    """POST `body` and read the answer, of up to `most` bytes, inside the block.

    Raises OutboundError, also for what happens in the block. Only for addresses that are ours to
    name. All of it takes at most `within` seconds; leaving the block hangs up.
    """
    request = _Request(url, body, headers, most=most)
    with _answered(request, within) as response:
        yield StreamedAnswer(response)


def _exchange(
    request: _Request, seconds: float, read: Callable[[http.client.HTTPResponse], Read]
) -> Read:
    with _answered(request, seconds) as response:
        return read(response)


@contextmanager
def _answered(request: _Request, seconds: float) -> Iterator[http.client.HTTPResponse]:
    target = parse(request.url)
    deadline = Deadline(seconds)
    try:
        with _connected(target, deadline) as connection:
            wire = DeadlineSocket(connection, deadline, request.most or connections.MAX_ANSWER)
            client = HttpClient(target.host, target.port)
            client.sock = cast(socket.socket, wire)
            ours = {"Host": target.authority, "User-Agent": "Lodge", "Connection": "close"}
            client.request(request.method, target.path, request.body, {**ours, **request.headers})
            with client.getresponse() as response:
                yield response
    except TimeoutError:
        raise OutboundError("timeout") from None
    except ssl.SSLError:
        raise OutboundError("tls") from None
    except (http.client.HTTPException, OSError):
        raise OutboundError("answer") from None


def normal_host(text: str) -> str:
    """The normal form of a host. Raises ValueError."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        host = text.encode("idna").decode("ascii").lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise ValueError("host")
    return host


def _connected(target: Target, deadline: Deadline) -> socket.socket:
    """A connection to one of the target's addresses, with TLS if its scheme asks for it."""
    addresses = _addresses(target, deadline.within(connections.CONNECT_SECONDS))
    connection = connections.connect(addresses, deadline)
    if connection is None:
        raise OutboundError("unreachable")
    if target.scheme == "http":
        return connection
    return connections.start_tls(connection, target.host, deadline)


def _addresses(target: Target, seconds: float) -> Addresses:
    """The target's addresses. Raises OutboundError unless all may be called."""
    found = connections.resolve(target.host, target.port, seconds)
    # All of them: otherwise a private address could be hidden among public ones.
    if not found or not (target.is_allowed or all(is_public(str(a[0])) for _family, a in found)):
        raise OutboundError("unreachable")
    return found
