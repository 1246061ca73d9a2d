"""An SMTP server on loopback that keeps the messages it accepts, and can refuse or delay them."""

import asyncio
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from tests.servers import free_port
from tests.waiting import PATIENCE, wait_for

# It would give its own start five seconds, and look up the machine's name for each connection.
CONTROLLER = {"ready_timeout": PATIENCE, "server_hostname": "localhost"}


@dataclass
class Sink:
    """`taken` are the messages, `envelopes` the same as bytes with sender and recipients.

    `refusals[address]` are the next responses to that recipient, `verdicts` to the next messages,
    `senders` to the next senders. `answer_after` and `rcpt_after` are the seconds before the
    response to a message and to a recipient; shortening them releases a waiting client at once.
    """

    refusals: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    verdicts: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    answer_after: float = 0.0
    rcpt_after: float = 0.0
    taken: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    port: int = 0
    asked: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    _server: Any = None

    async def handle_EHLO(  # noqa: N802 - the name is aiosmtpd's
        self, server: Any, session: Session, _envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name, self._server = name, server
        return answers

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.senders:
            return self.senders.pop(0)
        envelope.mail_from = address
        return "250 sender taken"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.asked.set()
        await self._hold("rcpt_after")
        if self.refusals[address]:
            return self.refusals[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 recipient taken"

    async def handle_DATA(  # noqa: N802
        self, _server: Any, _session: Session, envelope: Envelope
    ) -> str:
        if self.verdicts and not self.verdicts[0].startswith("250"):
            return self.verdicts.pop(0)
        message = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        self.envelopes.append(envelope)
        self.taken.append(message)
        await self._hold("answer_after")
        return self.verdicts.pop(0) if self.verdicts else "250 message taken"

    async def _hold(self, name: str) -> None:
        began = time.monotonic()
        while time.monotonic() - began < getattr(self, name):
            await asyncio.sleep(0.01)

    def hang_up(self) -> None:
        """Close the newest connection."""
        self._server.loop.call_soon_threadsafe(self._server.transport.close)

    def wait_for(self, number: int) -> None:
        """Wait until that many messages were taken, whether or not they were answered."""
        wait_for(lambda: len(self.taken) >= number, f"{number} messages")

    @property
    def ids(self) -> list[str]:
        """Message-IDs in the order in which they came."""
        return [message["Message-ID"] for message in self.taken]


@contextmanager
def sink(
    *,
    implicit_tls: bool = False,
    user: str = "lodge",
    password: str = "",
    port: int = 0,
    **options: Any,
) -> Iterator[Sink]:
    """A running sink, on a free port unless given. With a `password` it requires AUTH."""
    made = Sink()

    def check(_server: Any, _session: Any, _envelope: Any, _how: Any, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False)
        made.logins.append(data.login)
        right = data == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    if password:
        options |= {"authenticator": check, "auth_required": True}
    context = options.pop("tls_context") if implicit_tls else None
    made.port = port or free_port()
    options |= CONTROLLER
    controller = Controller(made, "127.0.0.1", made.port, ssl_context=context, **options)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed certificate for `name` and its key, as files in `folder`."""
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    kind = "IP" if name.replace(".", "").isdigit() else "DNS"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-out", str(cert), "-keyout", str(key)]
    command = ["openssl", "req", "-x509", "-days", "2", *curve, *subject, *files]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key
