"""An SMTP client that closes the connection at a deadline, also in the middle of a reply.

A socket timeout bounds one read; a server that sends a byte a second would hold us for hours.
"""

import smtplib
import socket
import time
from contextlib import suppress
from threading import Timer
from typing import Any

_READ_SECONDS = 10.0
_QUIT_SECONDS = 2.0


class Client(smtplib.SMTP):
    """One connection. `deadline` (of `time.monotonic`) is that of the current message."""

    def __init__(self, host: str, port: int, name: str, deadline: float, **options: Any) -> None:
        self._alarm: Timer | None = None
        self.deadline = deadline
        # Without a name smtplib asks the resolver for ours, which can take many seconds.
        super().__init__(host, port, name, timeout=_READ_SECONDS, **options)

    def connect(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        """Connect with the deadline set: the greeting may be slow, too."""
        self.set_deadline(self.deadline)
        try:
            return super().connect(*args, **options)
        except BaseException:
            self._disarm()
            raise

    def set_deadline(self, deadline: float) -> None:
        """Close the connection at `deadline` unless another one is set before."""
        self._disarm()
        self.deadline = deadline
        self._alarm = Timer(max(0.0, deadline - time.monotonic()), self._hang_up)
        self._alarm.daemon = True
        self._alarm.start()

    def clear_deadline(self) -> None:
        """Remove the deadline and reset the timeout, between messages."""
        self._disarm()
        self.set_timeout(_READ_SECONDS)

    def set_timeout(self, seconds: float) -> None:
        """Set the timeout of each following read and write."""
        if self.sock is not None:
            self.sock.settimeout(seconds)

    def quit_and_close(self) -> None:
        """Send QUIT, wait at most two seconds for the answer, and close."""
        self.set_deadline(time.monotonic() + _QUIT_SECONDS)
        with suppress(smtplib.SMTPException, OSError):
            self.set_timeout(_QUIT_SECONDS)
            self.quit()
        self.close()

    def close(self) -> None:
        """Close the connection and cancel the deadline."""
        self._disarm()
        super().close()

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()

    def _hang_up(self) -> None:
        if self.sock is not None:
            with suppress(OSError):
                # Not an SSL socket's own method: it is not made to be called by a second thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)


class TlsClient(Client, smtplib.SMTP_SSL):
    """TLS from the first byte."""
