"""The one HTTP client: whatever is sent to an address that somebody typed goes through here.

A name is looked up once, every address that it has must be a public one, and the connection is
made to an address that was looked at: a name that means something else a moment later leads
nowhere new. No redirects, no proxies, no credentials in the URL, one deadline for all of it. What
the operator names in OUTBOUND_ALLOW (`host:port`) may also be private, have another port, and
speak without TLS. A test holds that no other module opens connections of its own
(`connections` does it for this one).
"""

import http.client
import ipaddress
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote, urlsplit

from portal.extensions import setting
from portal.security.delivery import connections
from portal.security.delivery.connections import Addresses, Deadline, DeadlineSocket, HttpClient
from portal.security.delivery.networks import is_public

MAX_URL = 2000
TOTAL_SECONDS = 5.0
_USUAL = {"https": 443, "http": 80}
# More ports would make a scanner of us; the operator can allow others by name.
_PORTS = frozenset({443, 8443})
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?", re.ASCII)
# Some parsers end the host at a backslash and others do not, some drop white space.
_AMBIGUOUS = re.compile(r"[\x00-\x20\x7f\\]")
_KEPT = "/%:=&?~+!$,;'@()*[]"


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
    _addresses(target, connections.CONNECT_SECONDS)
    return target


def post(url: str, body: bytes, headers: Mapping[str, str], *, within: float | None = None) -> int:
    """Send `body`; answers the status, whatever it is. Raises OutboundError.

    It takes TOTAL_SECONDS at most, or `within` when that is less.

    The answer's text is not even read: it would be a look into other people's servers.
    """
    target = parse(url)
    deadline = Deadline(min(TOTAL_SECONDS, within or TOTAL_SECONDS))
    try:
        with _connected(target, deadline) as connection:
            wire = DeadlineSocket(connection, deadline)
            client = HttpClient(target.host, target.port)
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


def _host(text: str) -> str:
    """A host as it is compared and looked up. Raises ValueError for what is none."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        host = text.encode("idna").decode("ascii").lower().rstrip(".")
    if not _HOST.fullmatch(host):
        raise ValueError("host")
    return host


def _connected(target: Target, deadline: Deadline) -> socket.socket:
    """A connection to one of the target's addresses, with TLS in the target's name."""
    addresses = _addresses(target, deadline.within(connections.CONNECT_SECONDS))
    connection = connections.connect(addresses, deadline)
    if connection is None:
        raise OutboundError("unreachable")
    if target.scheme == "http":
        return connection
    return connections.start_tls(connection, target.host, deadline)


def _addresses(target: Target, seconds: float) -> Addresses:
    """What the host means now. Raises OutboundError unless all of it is for us to reach."""
    found = connections.resolve(target.host, target.port, seconds)
    # All of them: otherwise whoever owns the name could hide one among others.
    if not found or not (target.allowed or all(is_public(str(a[0])) for _family, a in found)):
        raise OutboundError("unreachable")
    return found
