"""Reading mails that were taken in: a handler of `jobs.delivery`.

A mail is parsed by a process of its own, between two transactions; its files are stored before the
one in which it becomes a comment. What cannot be parsed stays with its reason.
"""

from dataclasses import dataclass
from functools import partial
from io import BytesIO

from flask import current_app

from jobs import delivery, job
from jobs.delivery_handler import Claimed, Settle
from portal.errors import NotFound
from portal.extensions import db
from portal.mail_parsing.headers import storable
from portal.mail_parsing.parsed import ParsedFile, ParsedMail
from portal.mail_parsing.process import Parser, UnreadableError
from portal.models.inbound import InboundMessage, Reason
from portal.queueing import Enqueuer, Job, leave_mails_to_drain
from portal.security import filetypes
from portal.security.text import display_filename
from portal.services.delivery.leases import Lease
from portal.services.inbound import messages, reading, texts
from portal.services.tickets import comments
from portal.services.tickets.attachments import Upload
from portal.storage import Storage

# What is asked for meanwhile waits no longer than this and one mail.
_TURN_SECONDS = 5.0


@job
def read() -> None:
    """Read what is due for a moment; enqueue other jobs for what is owed, and for the rest."""
    over = read_due(_TURN_SECONDS)
    enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
    enqueuer.enqueue_for_workers(Job.DRAIN_OUTBOX, 1)
    if over:
        enqueuer.enqueue(Job.READ_INBOUND)


def read_due(seconds: float) -> bool:
    """Read due mails; True when time ran out before the mails did."""
    storage: Storage = current_app.extensions["lodge.storage"]
    with Parser() as parser:
        return delivery.deliver_due(InboundHandler(storage, parser), seconds)


@dataclass(frozen=True, slots=True)
class _Raw:
    key: str
    size: int


class InboundHandler:
    """Reads one mail after the other, those of a mailbox in their order."""

    name = "inbound mail"
    model = InboundMessage
    # Longer than the parser may take.
    longest = 60.0
    at_once = 1

    def __init__(self, storage: Storage, parser: Parser) -> None:
        self._storage = storage
        self._parser = parser

    def claim(self) -> Claimed | None:
        lease = messages.claim_next()
        return None if lease is None else Claimed(lease)

    @job
    def compose(self, item: Claimed) -> _Raw | Settle:
        message = db.session.get_one(InboundMessage, item.lease.row_id)
        if message.storage_key is None:
            return partial(messages.fail, item.lease, Reason.UNREADABLE, "its bytes are gone")
        return _Raw(message.storage_key, message.size)

    def send(self, item: Claimed, message: _Raw, within: float) -> Settle:  # noqa: ARG002
        """Parse the mail and store its files."""
        try:
            with self._storage.open(message.key) as source:
                mail = self._parser.parse(source, message.size)
        except NotFound:
            return partial(messages.fail, item.lease, Reason.UNREADABLE, "its bytes are gone")
        except UnreadableError as error:
            return partial(messages.fail, item.lease, Reason.UNREADABLE, str(error))
        uploads = [self._stored(file) for file in mail.files]
        _prerender(mail, uploads)
        return partial(_take, item.lease, mail, uploads)

    def postpone(self, lease: Lease, error: Exception) -> None:
        """Record the error, and try again."""
        messages.postpone(lease, f"{type(error).__name__}: {error}")

    def _stored(self, file: ParsedFile) -> Upload:
        stored = self._storage.put(BytesIO(file.content), limit=len(file.content))
        return Upload(
            key=stored.key,
            filename=display_filename(file.filename),
            content_type=filetypes.sniff(file.content[: filetypes.HEAD_BYTES]),
            size=stored.size,
            sha256=stored.sha256,
            content_id=storable(file.content_id),
        )


def _take(lease: Lease, mail: ParsedMail, uploads: list[Upload]) -> None:
    reading.take(lease, mail, uploads)
    # A job for each would cost more than all else: it is a process of its own.
    leave_mails_to_drain(db.session())


def _prerender(mail: ParsedMail, uploads: list[Upload]) -> None:
    """Render before the write lock is taken; the language decides about no mail with words."""
    words = texts.words_of(mail, "en")
    comments.prerender(words.message, subject=words.subject, uploads=uploads)
