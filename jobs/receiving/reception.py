"""Between the dialogues and the desk: whose mail is taken, and what became of it.

The desk is asked in a few threads, each with a context of its own; the dialogues go on meanwhile.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from aiosmtpd.smtp import Envelope, Session
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from jobs.receiving import arriving
from jobs.receiving.arriving import Arrived
from jobs.receiving.dialogue import Crowded, Dialogue, LmtpDialogue
from portal import logs
from portal.errors import ReadOnlyDesk, StorageFull, TooLarge
from portal.inbound import receive
from portal.mail_parsing.process import MAX_BYTES
from portal.models.inbound import InboundWay
from portal.queries.inbound import mailboxes

log = logging.getLogger(__name__)

T = TypeVar("T")
MOST_CONNECTIONS = 50
_MOST_RECIPIENTS = 100
# Each may hold a mail twice: as it came, and while its fingerprint is taken.
_THREADS = 3
_TOO_LARGE = f"552 5.3.4 larger than {MAX_BYTES // 1024 // 1024} MB"


class Reception:
    """Makes the dialogues, and is asked by them. aiosmtpd calls what is named `handle_…`."""

    def __init__(self, app: Flask, protocol: str) -> None:
        self._app = app
        self._dialogue = LmtpDialogue if protocol == "lmtp" else Dialogue
        self._threads = ThreadPoolExecutor(_THREADS, "inbound")
        self.hostname = urlsplit(app.config["BASE_URL"]).hostname or "localhost"
        self.folder: Path = app.config["DATA_DIR"]
        self.dialogues: set[Dialogue] = set()
        # Calls in threads that have not returned.
        self.asking = 0

    def meet(self) -> Dialogue | Crowded:
        """A dialogue with whoever connects."""
        if len(self.dialogues) >= MOST_CONNECTIONS:
            return Crowded()
        dialogue = self._dialogue(self)
        self.dialogues.add(dialogue)
        return dialogue

    def close(self) -> None:
        """Nothing is asked any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def gone(self, dialogue: Dialogue) -> None:
        """It is over."""
        self.dialogues.discard(dialogue)

    async def handle_EHLO(  # noqa: N802 - the name is aiosmtpd's
        self, _server: object, session: Session, _envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        session.host_name = name
        return [*answers[:-1], "250-PIPELINING", answers[-1]]

    async def handle_RCPT(  # noqa: N802
        self,
        _server: object,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Whether a mailbox of the desk takes mail to that address."""
        if not address.isprintable():
            return "553 5.1.3 that is no address"
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 too many recipients at once"
        try:
            taken = await self.ask(mailboxes.takes, address)
        except Exception as error:
            return self.refusal(error)
        if not taken:
            return "550 5.1.1 no mailbox of this desk has that address"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 taken"

    async def handle_exception(self, error: Exception) -> str:
        """Whatever went wrong is ours, and may be over when the mail comes again."""
        return self.refusal(error)

    async def keep(self, arrived: Arrived | None, recipients: Sequence[str]) -> list[str]:
        """Keep a mail for each recipient; the answers in their order. None was too large."""
        if arrived is None:
            return [_TOO_LARGE] * len(recipients)
        try:
            answers = await self.ask(self._keep, arrived, recipients)
        except Exception as error:
            return [self.refusal(error)] * len(recipients)
        return [answers[one] for one in recipients]

    async def ask(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call it in a thread, in a context of the application."""

        def call() -> T:
            with logs.bind_request_id(f"mail-{secrets.token_hex(4)}"), self._app.app_context():
                return function(*arguments)

        self.asking += 1
        called = asyncio.get_running_loop().run_in_executor(self._threads, call)
        called.add_done_callback(self._answered)
        # Whoever waits may go: what has begun in a thread goes on.
        return await asyncio.shield(called)

    def _answered(self, _called: asyncio.Future[Any]) -> None:
        self.asking -= 1

    def _keep(self, arrived: Arrived, recipients: Sequence[str]) -> dict[str, str]:
        """A row for each mailbox: what was kept for one is kept, whatever becomes of the others."""
        with arrived:
            raw = arriving.content(arrived)
        answers: dict[str, str] = {}
        for group in mailboxes.by_mailbox(recipients):
            answers |= dict.fromkeys(group, self._kept(raw, group))
        return answers

    def _kept(self, raw: bytes, group: list[str]) -> str:
        try:
            kept = receive(raw, way=InboundWay.LMTP, recipients=group)
        except Exception as error:
            return self.refusal(error)
        known = "" if kept.is_new else ", as before"
        log.info("a mail of %s bytes is kept as %s%s", len(raw), kept.id, known)
        return f"250 2.0.0 kept as {kept.id}{known}"

    def refusal(self, error: Exception) -> str:
        """What the mail server is told: to bring the mail again, unless it is too large."""
        if isinstance(error, TooLarge):
            return _TOO_LARGE
        if isinstance(error, SQLAlchemyError | StorageFull | ReadOnlyDesk | OSError):
            log.error("a mail is not kept: %r", error, exc_info=error, extra=logs.ONE_LINE)
        else:
            log.error("a mail is not kept", exc_info=error)
        if isinstance(error, StorageFull):
            return "452 4.3.1 no room, try again later"
        return "451 4.3.0 not kept, try again later"
