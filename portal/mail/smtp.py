"""SMTP transport: verified certificates, and a deadline for every message."""

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from portal.errors import ConfigError
from portal.mail.failures import PermanentFailure, ServerFailure, TemporaryFailure
from portal.mail.message import Message
from portal.mail.smtp_client import Client, TlsClient

# Replies about our authentication, not about the recipient.
_ACCESS_CODES = frozenset({530, 534, 535, 538})
# The server is closing the connection (RFC 5321, 3.8).
_CLOSING = 421


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """`context` is None for a connection without TLS; `implicit`: TLS from the first byte."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None
    implicit: bool = False

    @classmethod
    def from_url(cls, url: str) -> "SmtpTransport":
        """Parse `smtp://user:pass@host:587?tls=1&ca=FILE` or `smtps://…`. Raises ConfigError."""
        parts, port = _split(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        tls, ca = options.pop("tls", "1"), options.pop("ca", None)
        implicit = parts.scheme == "smtps"
        if options or tls not in {"0", "1"} or (implicit and tls == "0"):
            raise ConfigError("MAIL_URL: after ? only tls=0, tls=1 and ca=FILE are known")
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if not (user + password).isascii():
            raise ConfigError("MAIL_URL: user and password have to be ASCII")
        return cls(
            host=parts.hostname or "",
            port=port or (465 if implicit else 587),
            user=user,
            password=password,
            context=_context(ca) if tls == "1" else None,
            implicit=implicit,
        )

    @contextmanager
    def open(self) -> Iterator["Connection"]:
        """See `portal.mail.transport.Transport`. Connects with the first message."""
        connection = Connection(self)
        try:
            yield connection
        finally:
            connection.close()

    def send(self, message: Message, *, within: float) -> None:
        """See `portal.mail.transport.Sender`."""
        with self.open() as connection:
            connection.send(message, within=within)

    def connect(self, name: str, deadline: float) -> Client:
        """A connected client that has sent EHLO as `name`. Raises smtplib's errors and OSError."""
        if self.implicit:
            client: Client = TlsClient(self.host, self.port, name, deadline, context=self.context)
        else:
            client = Client(self.host, self.port, name, deadline)
        try:
            if self.context and not self.implicit:
                client.starttls(context=self.context)
            client.ehlo_or_helo_if_needed()
            if self.user:
                client.login(self.user, self.password)
        except BaseException:
            client.close()
            raise
        return client


class Connection:
    """Sends several messages over one connection; reconnects after a failure."""

    def __init__(self, server: SmtpTransport) -> None:
        self._server = server
        self._client: Client | None = None

    def send(self, message: Message, *, within: float) -> None:
        """See `portal.mail.transport.Sender`."""
        deadline = time.monotonic() + within
        try:
            with self._raising(ServerFailure):
                client = self._announce(message.sender, deadline, is_own=message.has_own_sender)
            with self._raising(TemporaryFailure):
                _refuse_unless_2xx("recipient", client.rcpt(message.recipient), final=True)
                _send_data(client, message.data)
        except BaseException:
            self._drop()  # the state of the dialogue is unknown
            raise
        client.clear_deadline()

    def check(self, sender: str, *, within: float) -> None:
        """Connect, sign in and name the sender, without a message. Raises ServerFailure."""
        with self._raising(ServerFailure):
            self._announce(sender, time.monotonic() + within)

    def close(self) -> None:
        """Send QUIT if connected, and close."""
        if self._client is not None:
            self._client.quit_and_close()

    @contextmanager
    def _raising(self, kind: type[TemporaryFailure]) -> Iterator[None]:
        """Raise smtplib's and network errors of the block as `kind`."""
        try:
            yield
        except smtplib.SMTPResponseException as error:
            kind = ServerFailure if error.smtp_code == _CLOSING else kind
            raise kind(_described("server", error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise kind(f"{self._server.host}:{self._server.port}: {error}") from error

    def _announce(self, sender: str, deadline: float, *, is_own: bool = False) -> Client:
        """A client whose server has accepted MAIL FROM; `is_own` as in Message."""
        if self._client is not None and _accepts_sender(self._client, sender, deadline):
            return self._client
        # Servers close connections that are idle or have sent many mails; then reconnect.
        self._drop()
        self._client = self._server.connect(sender.rpartition("@")[2], deadline)
        _require_sender(self._client.mail(sender), is_own=is_own)
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigError(_SHAPE) from None
    if not parts.hostname or parts.path.strip("/") or parts.fragment:
        raise ConfigError(_SHAPE)
    return parts, port


_SHAPE = (
    "MAIL_URL has to be like smtp://user:pass@host:587?tls=1"
    " (in user and password write special characters as %2F and so on)"
)


def _context(ca: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise ConfigError(f"MAIL_URL: cannot read certificates from {ca}: {error}") from error


def _accepts_sender(client: Client, sender: str, deadline: float) -> bool:
    client.set_deadline(deadline)
    try:
        return 200 <= client.mail(sender)[0] < 300
    except (smtplib.SMTPException, OSError):
        return False


def _require_sender(reply: tuple[int, bytes], *, is_own: bool) -> None:
    """Raise TemporaryFailure for a refused sender; ServerFailure if it is the one of all mails."""
    code, text = reply
    about_us = code == _CLOSING or code in _ACCESS_CODES
    if is_own and not 200 <= code < 300 and not about_us:
        raise TemporaryFailure(_described("sender", code, text))
    _refuse_unless_2xx("sender", reply, final=False)


def _send_data(client: Client, data: bytes) -> None:
    remaining = client.deadline - time.monotonic()
    # The process may have been suspended, and another worker may have sent the message.
    if remaining <= 0:
        raise TemporaryFailure("the time for sending was over before the message was")
    # A timeout here leads to a duplicate later, so the remaining time is used up.
    client.set_timeout(remaining)
    _refuse_unless_2xx("message", client.data(data), final=True)


def _refuse_unless_2xx(what: str, reply: tuple[int, bytes], *, final: bool) -> None:
    """Raise a DeliveryFailure for other replies; `final`: whether 5xx is about this message."""
    code, text = reply
    if 200 <= code < 300:
        return
    if not final or code == _CLOSING or code in _ACCESS_CODES:
        raise ServerFailure(_described(what, code, text))
    raise (PermanentFailure if 500 <= code < 600 else TemporaryFailure)(
        _described(what, code, text)
    )


def _described(what: str, code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{what} refused: {code} {words}"
