"""What would become of a mail, by the code that decides it, in a transaction that is undone.

Nothing is stored, enqueued or published: jobs and news wait for a commit that does not come.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import NamedTuple

from sqlalchemy import func, select

from portal.errors import TooLarge
from portal.extensions import begin_write, db
from portal.i18n import current_locale
from portal.mail_parsing import envelope
from portal.mail_parsing.parsed import ParsedFile, ParsedMail
from portal.mail_parsing.process import Parser, UnreadableError
from portal.models.delivery import Outbox
from portal.models.inbound import InboundMessage, InboundWay, Mailbox, Reason
from portal.models.inbound.inbound_message import JourneyLine
from portal.models.people import Actor, User
from portal.models.tickets import Ticket
from portal.queries.inbound import threading
from portal.queries.inbound.threading import Candidate
from portal.queries.people import users
from portal.queries.tickets.tickets import is_visible
from portal.security import filetypes, permissions
from portal.security.text import display_filename
from portal.services.delivery import leases
from portal.services.inbound import mailboxes, messages, reading, senders, texts
from portal.services.inbound.texts import Words
from portal.services.tickets import comments
from portal.services.tickets.attachments import Upload
from portal.storage import Stored

# Less than may come in by mail: a browser or a person waits for it.
MAX_BYTES = 10 * 1024 * 1024


class Found(NamedTuple):
    """A ticket that the mail may belong to. `is_open_to`: whether its sender may see it."""

    number: str
    sign: str
    is_open_to: bool


class Owed(NamedTuple):
    """A mail that would be sent, or why it would not."""

    template: str
    recipient: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the mail says, and what that means here. `sender_role` is empty for a stranger."""

    mail: ParsedMail
    words: Words
    sender: str
    sender_role: str
    dmarc: str
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class DryRun:
    """`analysis` is None for what cannot be taken apart. `known_id`: it has come before, as that.

    `error` is why it was not read, or what failed here.
    """

    mailbox: str
    known_id: int | None
    state: str
    reason: str | None
    error: str
    journey: tuple[JourneyLine, ...]
    analysis: Analysis | None
    owed: tuple[Owed, ...]


class _Parsed(NamedTuple):
    """`mail` is None with an `error`."""

    mail: ParsedMail | None
    error: str = ""
    uploads: tuple[Upload, ...] = ()


def run(
    raw: bytes,
    *,
    actor: Actor | None = None,
    recipients: Sequence[str] = (),
    begin: Callable[[], object] = begin_write,
    parser: Callable[[], Parser] = Parser,
) -> DryRun:
    """Read a mail and change nothing. `actor` is None for whoever operates the machine.

    `begin` is as for `receive`. Raises TooLarge.
    """
    if len(raw) > MAX_BYTES:
        raise TooLarge(limit=MAX_BYTES)
    parsed = _parse(raw, parser)
    begin()
    try:
        if actor is not None:
            permissions.require(permissions.can_administer(actor))
        return _read(raw, recipients, parsed)
    finally:
        db.session.rollback()


def _parse(raw: bytes, parser: Callable[[], Parser]) -> _Parsed:
    try:
        with parser() as process:
            mail = process.parse(BytesIO(raw), len(raw))
    except UnreadableError as error:
        return _Parsed(None, str(error))
    uploads = tuple(map(_upload, mail.files))
    words = texts.words_of(mail, "en")
    comments.prerender(words.message, subject=words.subject, uploads=uploads)
    return _Parsed(mail, uploads=uploads)


def _upload(file: ParsedFile) -> Upload:
    """The file as if it were stored; its key names nothing."""
    return Upload(
        key=secrets.token_hex(16),
        filename=display_filename(file.filename),
        content_type=filetypes.sniff(file.content[: filetypes.HEAD_BYTES]),
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
    )


def _read(raw: bytes, recipients: Sequence[str], parsed: _Parsed) -> DryRun:
    """What `receive` and the worker do, up to their commits."""
    mailbox = mailboxes.find_or_default(recipients or envelope.recipients(raw))
    address, known_id = mailbox.address, _known(mailbox, raw)
    message = _keep(mailbox, raw, recipients, is_known=known_id is not None)
    analysis = _analysis(message, parsed.mail) if parsed.mail else None
    before = db.session.scalar(select(func.max(Outbox.id))) or 0
    error = _take(message, parsed)
    db.session.refresh(message)
    return DryRun(
        mailbox=address,
        known_id=known_id,
        state=message.state,
        reason=message.reason,
        error=error or message.error or "",
        journey=tuple(message.journey),
        analysis=analysis,
        owed=_owed_since(before),
    )


def _known(mailbox: Mailbox, raw: bytes) -> int | None:
    query = select(InboundMessage.id).where(
        InboundMessage.mailbox_id == mailbox.id,
        InboundMessage.fingerprint == envelope.fingerprint(raw),
    )
    return db.session.scalar(query)


def _keep(
    mailbox: Mailbox, raw: bytes, recipients: Sequence[str], *, is_known: bool
) -> InboundMessage:
    """A row for it, its second one if it has come before."""
    kept = messages.keep(
        stored=Stored(secrets.token_hex(16), len(raw), ""),
        fingerprint=secrets.token_hex(32) if is_known else envelope.fingerprint(raw),
        way=InboundWay.PAGE,
        recipients=recipients or envelope.recipients(raw),
        mailbox=mailbox,
    )
    return db.session.get_one(InboundMessage, kept.id)


def _take(message: InboundMessage, parsed: _Parsed) -> str:
    """Read it; returns the error that the worker would try again after."""
    lease = leases.claim(InboundMessage, message.id)
    if lease is None:
        return "it was not read"
    try:
        with db.session.begin_nested():
            if parsed.mail is None:
                messages.fail(lease, Reason.UNREADABLE, parsed.error)
            else:
                reading.take(lease, parsed.mail, parsed.uploads)
    except Exception as error:  # whatever it is, whoever looks for it wants to see it
        return f"{type(error).__name__}: {error}"
    return ""


def _analysis(message: InboundMessage, mail: ParsedMail) -> Analysis:
    sender = senders.address_of(mail)
    user = users.by_email(sender) if sender else None
    found: dict[int, Candidate] = {}
    for one in threading.candidates(mail, [message.recipient]):
        found.setdefault(one.ticket_id, one)
    return Analysis(
        mail=mail,
        words=texts.words_of(mail, user.locale if user else current_locale()),
        sender=sender,
        sender_role=user.role if user else "",
        dmarc=senders.dmarc(mail, sender),
        found=tuple(_found(one, user) for one in found.values()),
    )


def _found(candidate: Candidate, user: User | None) -> Found:
    ticket = db.session.get_one(Ticket, candidate.ticket_id)
    is_open = user is not None and is_visible(user.actor, ticket)
    return Found(ticket.number, candidate.sign, is_open)


def _owed_since(outbox_id: int) -> tuple[Owed, ...]:
    query = select(Outbox.template, Outbox.recipient, Outbox.error).where(Outbox.id > outbox_id)
    return tuple(Owed(*row) for row in db.session.execute(query.order_by(Outbox.id)))
