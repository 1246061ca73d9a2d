"""A mail server's side of LMTP and SMTP: brings mails, and takes the answers one by one.

`smtplib` reads one answer to a mail; in LMTP there is one for each recipient.
"""

import re
import socket
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.waiting import PATIENCE

Place = Path | tuple[str, int]


class Bringer:
    """One connection; it has been greeted."""

    def __init__(self, place: Place, protocol: str = "lmtp") -> None:
        self._is_lmtp = protocol == "lmtp"
        self.sock = _socket(place)
        self.sock.settimeout(PATIENCE)
        try:
            self.sock.connect(_address(place))
        except OSError:
            self.sock.close()
            raise
        self._answers = self.sock.makefile("rb")
        self.greeting = self.answer()

    def __enter__(self) -> Self:
        self.say("LHLO mx.example.com" if self._is_lmtp else "EHLO mx.example.com")
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._answers.close()
        self.sock.close()

    def say(self, line: str) -> str:
        """Send a command; its answer, as `answer`."""
        with suppress(ConnectionError):
            self.sock.sendall(line.encode() + b"\r\n")
        return self.answer()

    def answer(self) -> str:
        """The next answer, its lines one below the other; empty when the connection has ended."""
        lines = []
        with suppress(ConnectionError):
            while line := self._answers.readline():
                lines.append(line.decode().rstrip("\r\n"))
                if line[3:4] != b"-":
                    break
        return "\n".join(lines)

    def address(self, *recipients: str, sender: str = "ann@example.com") -> list[str]:
        """Say from whom a mail is and for whom; the answers to the recipients."""
        self.say(f"MAIL FROM:<{sender}>")
        return [self.say(f"RCPT TO:<{one}>") for one in recipients]

    def bring(self, raw: bytes, *recipients: str, sender: str = "ann@example.com") -> list[str]:
        """Bring a mail; an answer for each recipient, also for those who were refused before."""
        answers = self.address(*recipients, sender=sender)
        taken = [number for number, said in enumerate(answers) if said.startswith("250")]
        if taken:
            if not (said_to_data := self.say("DATA")).startswith("354"):
                return [said_to_data] * len(answers)
            self.sock.sendall(dotted(raw))
            said = [self.answer() for _ in (taken if self._is_lmtp else taken[:1])]
            for number in taken:
                answers[number] = said.pop(0) if self._is_lmtp else said[0]
        else:
            self.say("RSET")
        return answers


def takes_mail(place: Place) -> bool:
    """Whether somebody listens there."""
    with _socket(place) as client:
        return client.connect_ex(_address(place)) == 0


def _socket(place: Place) -> socket.socket:
    return socket.socket(socket.AF_UNIX if isinstance(place, Path) else socket.AF_INET)


def _address(place: Place) -> str | tuple[str, int]:
    return str(place) if isinstance(place, Path) else place


def dotted(raw: bytes) -> bytes:
    """A mail as it is sent: lines end with CR and LF, a dot at their beginning is doubled."""
    lines = re.sub(rb"\r?\n", b"\r\n", raw)
    text = re.sub(rb"(?m)^\.", b"..", lines)
    return text + (b".\r\n" if text.endswith(b"\r\n") or not text else b"\r\n.\r\n")
