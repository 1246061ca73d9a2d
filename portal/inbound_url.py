"""INBOUND_URL: how mail comes in, brought by a mail server or fetched from a mailbox."""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TypeAlias
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from portal.errors import ConfigError
from portal.path_urls import to_path

_LMTP_PORT = 24
_IMAP_PORTS = {"imaps": 993, "imap": 143}
_LIKE = "lmtp://127.0.0.1:24, lmtp+unix:///path, smtp://127.0.0.1:2525 or imaps://user:pass@host"


@dataclass(frozen=True, slots=True)
class Listening:
    """A mail server brings mail: by "lmtp" or "smtp", to a socket at `path` or to a port."""

    protocol: str
    host: str = ""
    port: int = 0
    path: Path | None = None

    @property
    def is_private(self) -> bool:
        """Whether only programs of this machine can reach it. Neither protocol has passwords."""
        if self.path is not None or self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Fetching:
    """We fetch mail by IMAP; `security` as a mailbox's: "tls", "starttls" or "none"."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"


InboundUrl: TypeAlias = Listening | Fetching


def parse(url: str) -> InboundUrl:
    """Raises ConfigError, one line without the password."""
    scheme = url.partition("://")[0]
    if scheme == "lmtp+unix":
        return _unix_socket(url)
    if scheme in {"lmtp", "smtp"}:
        return _listening(_split(url))
    if scheme in _IMAP_PORTS:
        return _fetching(_split(url))
    raise ConfigError(f"INBOUND_URL has to be like {_LIKE}")


def _unix_socket(url: str) -> Listening:
    path = to_path(url)
    if not path.is_absolute() or not path.name or {"?", "#"} & set(url):
        raise ConfigError("INBOUND_URL: the socket has to be like lmtp+unix:///run/lodge/mail.sock")
    return Listening("lmtp", path=path)


def _listening(parts: SplitResult) -> Listening:
    if parts.username is not None or parts.path.strip("/") or parts.query:
        raise ConfigError(f"INBOUND_URL: {parts.scheme}:// takes a host and a port, nothing else")
    port = parts.port or (_LMTP_PORT if parts.scheme == "lmtp" else None)
    if port is None:
        raise ConfigError("INBOUND_URL: smtp:// needs a port, like smtp://127.0.0.1:2525")
    return Listening(parts.scheme, host=parts.hostname or "", port=port)


def _fetching(parts: SplitResult) -> Fetching:
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    tls = options.pop("tls", "1")
    if options or tls not in {"0", "1"} or (parts.scheme == "imaps" and tls == "0"):
        raise ConfigError("INBOUND_URL: after ? only tls=0 and tls=1 are known")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not user or not password:
        raise ConfigError(f"INBOUND_URL: {parts.scheme}:// needs a user and a password")
    plain = "starttls" if tls == "1" else "none"
    return Fetching(
        host=parts.hostname or "",
        port=parts.port or _IMAP_PORTS[parts.scheme],
        security="tls" if parts.scheme == "imaps" else plain,
        username=user,
        password=password,
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def _split(url: str) -> SplitResult:
    """Whose host and port are valid."""
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and parts.port != 0 and not parts.fragment
    except ValueError:
        whole = False
    if not whole:
        raise ConfigError(f"INBOUND_URL has to be like {_LIKE}")
    return parts
