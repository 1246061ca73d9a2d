"""SMTP: one connection a message, checked certificates, and an end to every wait."""

import smtplib
import socket
import ssl
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from threading import Timer
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from portal.errors import ConfigError
from portal.mail.failures import PermanentFailure, TemporaryFailure
from portal.mail.message import Message

_READ_SECONDS = 10.0
_QUIT_SECONDS = 2.0
# These mean that we have to sign in, not that the recipient does not exist.
_ACCESS_CODES = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class SmtpTransport:
    """`context` is None for a connection without TLS; `implicit` is TLS from the first byte."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None
    implicit: bool = False

    @classmethod
    def from_url(cls, url: str) -> "SmtpTransport":
        """Read `smtp://user:pass@host:587?tls=1&ca=FILE` or `smtps://…`; ConfigError if wrong."""
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

    def send(self, message: Message, *, within: float) -> None:
        """Hand `message` over; see `portal.mail.transport.Transport`."""
        deadline = time.monotonic() + within
        name = message.sender.rpartition("@")[2]
        try:
            with closing(self._connect(name, deadline)) as client:
                self._introduce(client)
                _refuse_unless_2xx("sender", client.mail(message.sender), final=False)
                _refuse_unless_2xx("recipient", client.rcpt(message.recipient), final=True)
                _hand_over(client, message.data, deadline)
        except smtplib.SMTPResponseException as error:
            # Greeting, EHLO, STARTTLS, sign-in, DATA: says nothing about this message.
            raise TemporaryFailure(_said("server", error.smtp_code, error.smtp_error)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TemporaryFailure(f"{self.host}:{self.port}: {error}") from error

    def _connect(self, name: str, deadline: float) -> smtplib.SMTP:
        if self.implicit:
            return _TlsClient(self.host, self.port, name, deadline, context=self.context)
        return _Client(self.host, self.port, name, deadline)

    def _introduce(self, client: smtplib.SMTP) -> None:
        if self.context and not self.implicit:
            client.starttls(context=self.context)
        client.ehlo_or_helo_if_needed()
        if self.user:
            client.login(self.user, self.password)


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


class _Client(smtplib.SMTP):
    """Hangs up in the middle when the deadline has come.

    A timeout bounds one read; a server that drips a byte a second would hold us for hours.
    """

    def __init__(self, host: str, port: int, name: str, deadline: float, **options: Any) -> None:
        self._alarm = Timer(max(0.0, deadline - time.monotonic()), self._hang_up)
        self._alarm.daemon = True
        # Without a name smtplib asks the resolver for ours, which can take many seconds.
        super().__init__(host, port, name, timeout=_READ_SECONDS, **options)

    def connect(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Connect with the alarm set: the greeting can drip, too."""
        self._alarm.start()
        try:
            return super().connect(*args, **options)
        except BaseException:
            self._alarm.cancel()
            raise

    def close(self) -> None:
        """Close the connection; nothing is left to hang up."""
        self._alarm.cancel()
        super().close()

    def _hang_up(self) -> None:
        if self.sock is not None:
            with suppress(OSError):
                # Not an SSL socket's own method: it is not made to be called by a second thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class _TlsClient(_Client, smtplib.SMTP_SSL):
    """TLS from the first byte."""


def _hand_over(client: smtplib.SMTP, data: bytes, deadline: float) -> None:
    remaining = deadline - time.monotonic()
    # A process that was frozen wakes up here, when somebody else may have sent the message.
    if remaining <= 0:
        raise TemporaryFailure("the time for sending was over before the message was")
    # To give up on the last answer is to send a copy later, so that wait is the longest.
    _wait_up_to(client, remaining)
    _refuse_unless_2xx("message", client.data(data), final=True)
    # The message is theirs now: whatever comes after changes nothing.
    with suppress(smtplib.SMTPException, OSError):
        _wait_up_to(client, _QUIT_SECONDS)
        client.quit()


def _wait_up_to(client: smtplib.SMTP, seconds: float) -> None:
    if client.sock is not None:
        client.sock.settimeout(seconds)


def _refuse_unless_2xx(what: str, reply: tuple[int, bytes], *, final: bool) -> None:
    code, text = reply
    if 200 <= code < 300:
        return
    if final and 500 <= code < 600 and code not in _ACCESS_CODES:
        raise PermanentFailure(_said(what, code, text))
    raise TemporaryFailure(_said(what, code, text))


def _said(what: str, code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{what} refused: {code} {words}"
