"""IMAPClient over a connection of the guarded client, which closes it at a deadline.

A socket timeout bounds one read; a server that sends a byte a second would hold us for hours.
"""

import imaplib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from threading import Timer

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError

# It tells every line of the dialogue, mails included, to whoever logs everything.
logging.getLogger("imapclient").setLevel(logging.WARNING)

READ_SECONDS = 20.0


class Client(IMAPClient):  # type: ignore[misc] # it has no types
    """One connection to `host`, under TLS already if `tls`. Waits for the greeting."""

    def __init__(self, connection: socket.socket, host: str, *, tls: bool) -> None:
        self._given = connection
        connection.settimeout(READ_SECONDS)
        with _alarm(READ_SECONDS, partial(_hang_up, connection)):
            super().__init__(host, ssl=tls, timeout=SocketTimeout(READ_SECONDS, READ_SECONDS))

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Close the connection if the block takes longer."""
        with _alarm(seconds, self.hang_up):
            yield

    def hang_up(self) -> None:
        """Close the connection, from any thread: whoever waits for it hears at once."""
        # The one of now: STARTTLS puts another one in its place.
        _hang_up(self._imap.sock)

    def idle(self) -> None:
        """As IMAPClient's, which takes no news that come before the server's consent."""
        self._idle_tag = tag = self._imap._command("IDLE")
        while self._imap._get_response() is not None:
            if self._imap.tagged_commands[tag]:
                raise IMAPClientError("IDLE is refused")

    def _poll_socket(self, sock: socket.socket, timeout: float | None = None) -> object:
        """As IMAPClient's, which waits for what has been read already beside the consent."""
        return self._has_read_ahead(sock) or super()._poll_socket(sock, timeout)

    def _has_read_ahead(self, sock: socket.socket) -> bool:
        own = getattr(self._imap, "_readbuf", None)  # Python 3.14 reads without a file
        if own is not None:
            return bool(own) or (isinstance(sock, ssl.SSLSocket) and sock.pending() > 0)
        try:
            return bool(self._imap.file.peek(1))
        except OSError:  # nothing: the caller has made it fail instead of wait
            return False

    def forget_news(self) -> None:
        # All of them: nobody else reads what a session of days gathers.
        self._imap.untagged_responses.clear()

    @property
    def has_news(self) -> bool:
        """Whether the server has told of mail since `forget_news`, beside another answer."""
        return "EXISTS" in self._imap.untagged_responses

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - the name is IMAPClient's
        return _Imap(self._given, self.host)


class _Imap(imaplib.IMAP4):
    """Imaplib's client over the connection that it is given."""

    def __init__(self, connection: socket.socket, host: str) -> None:
        self._given = connection
        super().__init__(host)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:  # noqa: ARG002
        return self._given


@contextmanager
def _alarm(seconds: float, ring: Callable[[], None]) -> Iterator[None]:
    alarm = Timer(seconds, ring)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _hang_up(connection: socket.socket) -> None:
    with suppress(OSError):
        # Not an SSL socket's own method: it is not made to be called by a second thread.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
