"""What becomes of a mail that was parsed: a comment, a ticket, a note, or a row that waits.

All in the write unit that ends the lease, so a mail is in the conversation once or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portal.errors import Forbidden, PlanFull
from portal.extensions import db
from portal.mail_parsing.parsed import Nature, ParsedMail
from portal.models.inbound import (
    InboundMessage,
    InboundState,
    Mailbox,
    Reason,
    Step,
)
from portal.models.inbound.inbound_message import MAX_MESSAGE_ID
from portal.models.people import User
from portal.models.tickets import Channel, MailedComment, MailedKind, Ticket
from portal.queries.inbound import messages as queries
from portal.queries.inbound import threading
from portal.queries.inbound.threading import Candidate, Sign
from portal.queries.people import users
from portal.queries.tickets.participants import may_answer
from portal.queries.tickets.tickets import is_visible
from portal.security import permissions
from portal.services.delivery.leases import Lease
from portal.services.inbound import (
    bounces,
    copies,
    messages,
    own_mails,
    senders,
    texts,
    trials,
)
from portal.services.inbound.texts import Words
from portal.services.people import returned_mails
from portal.services.tickets import comments, follow_ups, tickets
from portal.services.tickets.attachments import Upload


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail at hand: its row, its mailbox, its parts, and the files that were stored of it."""

    message: InboundMessage
    mailbox: Mailbox
    mail: ParsedMail
    uploads: Sequence[Upload]
    # Whether it is more than a claim that the sender has written it.
    is_proven: bool = False


def take(lease: Lease, mail: ParsedMail, uploads: Sequence[Upload]) -> None:
    """Settle the leased message; does nothing when the lease was lost."""
    message = messages.held(lease)
    if message is None:
        return
    reading = Reading(message, db.session.get_one(Mailbox, message.mailbox_id), mail, uploads)
    sender = senders.address_of(mail)
    _describe(reading, sender)
    if trials.take(message, mail, sender):
        return
    if mail.nature is Nature.BOUNCE:
        bounces.take(message, mail)
        return
    if threading.our_mails([mail.message_id]):
        # One to the staff mailbox, which is ours: there is nothing to decide about it.
        messages.settle(message, InboundState.DONE, Reason.OWN_ADDRESS)
        return
    found = list(threading.candidates(mail, [message.recipient]))
    user = users.by_email(sender) if sender else None
    proven = senders.proven_by_address(found)
    doubt = senders.doubt(message, mail, sender) or senders.doubt_about(user, message, mail, proven)
    if doubt is not None:
        messages.settle(message, *doubt)
        if user is not None and doubt.reason is Reason.UNPROVEN_STAFF:
            own_mails.ask(message, user)
        return
    is_proven = message.is_accepted or senders.is_proven(user, mail, proven)
    _place(replace(reading, is_proven=is_proven), user, found)


def _describe(reading: Reading, sender: str) -> None:
    """Write down what the mail says of itself."""
    message, mail = reading.message, reading.mail
    message.message_id = mail.message_id[:MAX_MESSAGE_ID]
    message.sender = sender
    message.subject = texts.subject_of(mail)
    message.preview = texts.preview_of(mail)
    messages.add_line(
        message,
        Step.PARSED,
        nature=mail.nature,
        because=mail.nature_reason,
        remarks=list(mail.remarks),
        files=len(mail.files),
    )
    messages.add_line(
        message,
        Step.AUTHENTICATED,
        servers=[[one.server, one.results] for one in mail.authentication],
        dmarc=senders.dmarc(mail, sender),
    )
    if mail.rest:
        messages.add_line(message, Step.CUT, letters=len(mail.rest))


def _place(reading: Reading, user: User | None, found: Sequence[Candidate]) -> None:
    """Put it where it belongs; what its sender may not do waits for staff."""
    message = reading.message
    ticket, sign = _visible(user, found)
    if senders.is_of_program(reading.mail) and ticket is None and not message.is_accepted:
        is_bulk = reading.mail.nature is Nature.BULK
        reason = Reason.BULK if is_bulk else Reason.AUTOMATIC
        messages.settle(message, InboundState.SUSPECTED, reason)
        return
    try:
        with db.session.begin_nested():
            _write(reading, user or _new_sender(reading), ticket, sign, found)
    except (Forbidden, PlanFull) as refusal:
        reason = Reason.PLAN_FULL if isinstance(refusal, PlanFull) else Reason.NOT_ALLOWED
        message.user_id = user.id if user else None
        messages.settle(message, InboundState.HELD, reason)


def _visible(
    user: User | None, found: Sequence[Candidate]
) -> tuple[Ticket, Sign] | tuple[None, None]:
    """The first ticket that the sender may see and write to, locked."""
    for one in found if user else ():
        # A stranger may name hundreds: what the sender does not see is not locked.
        if user and _seen(user, one, lock=False) and (ticket := _seen(user, one, lock=True)):
            return ticket, one.sign
    return None, None


def _seen(user: User, candidate: Candidate, *, lock: bool) -> Ticket | None:
    ticket = db.session.get(Ticket, candidate.ticket_id, with_for_update=lock or None)
    return ticket if ticket is not None and is_visible(user.actor, ticket) else None


def _new_sender(reading: Reading) -> User:
    user = senders.add(reading.mail, reading.mailbox)
    messages.add_line(reading.message, Step.SENDER, user=user.id, new=True)
    return user


def _write(
    reading: Reading,
    user: User,
    ticket: Ticket | None,
    sign: Sign | None,
    found: Sequence[Candidate],
) -> None:
    message = reading.message
    message.user_id = user.id
    if not senders.is_of_program(reading.mail):
        returned_mails.prove(user)
    words = texts.words_of(reading.mail, user.locale)
    if ticket is not None and queries.is_on_ticket(ticket.id, message.fingerprint):
        message.ticket_id = ticket.id
        messages.settle(message, InboundState.DONE, Reason.DUPLICATE)
    elif ticket is not None and senders.is_of_program(reading.mail):
        _note(reading, user, ticket, sign, words)
    elif ticket is not None and not ticket.is_closed:
        _answer(reading, user, ticket, sign, words)
    else:
        _file(reading, user, ticket, found, words)


def _answer(reading: Reading, user: User, ticket: Ticket, sign: Sign | None, words: Words) -> None:
    comment = comments.post(
        actor=user.actor, ticket=ticket, message=words.message, uploads=reading.uploads
    )
    _finish(reading, ticket, comment.id, words, MailedKind.ANSWER)
    messages.add_line(reading.message, Step.POSTED, ticket=ticket.number, sign=sign)
    _share(reading, user, ticket)


def _note(reading: Reading, user: User, ticket: Ticket, sign: Sign | None, words: Words) -> None:
    """A program answered: it neither reopens nor answers."""
    permissions.require(may_answer(user.actor, ticket))
    comment = comments.note_of_program(
        actor=user.actor, ticket=ticket, message=words.message, uploads=reading.uploads
    )
    _finish(reading, ticket, comment.id, words, MailedKind.AUTOMATIC)
    messages.add_line(reading.message, Step.NOTED, ticket=ticket.number, sign=sign)


def _file(
    reading: Reading,
    user: User,
    closed: Ticket | None,
    found: Sequence[Candidate],
    words: Words,
) -> None:
    """A new ticket: what continues a closed one, what perhaps belongs to another, or neither."""
    ticket = tickets.file(
        actor=user.actor,
        subject=words.subject,
        message=words.message,
        uploads=reading.uploads,
        channel=Channel.MAIL,
        department=reading.mailbox.department,
        no_receipt=senders.reason_for_no_receipt(reading.message.sender),
    )
    other = db.session.get(Ticket, found[0].ticket_id) if found and closed is None else None
    if closed is not None:
        follow_ups.link(actor=user.actor, closed=closed, ticket=ticket)
    elif other is not None and other.deleted_at is None:
        follow_ups.suppose(actor=user.actor, other=other, ticket=ticket)
    # The question is the ticket's last message so far.
    _finish(reading, ticket, ticket.last_message_id or 0, words, MailedKind.ANSWER)
    messages.add_line(
        reading.message,
        Step.FILED,
        ticket=ticket.number,
        follows=closed.number if closed else "",
        related=other.number if other else "",
    )
    _share(reading, user, ticket)


def _share(reading: Reading, user: User, ticket: Ticket) -> None:
    """Let those in copy take part."""
    is_proven = reading.is_proven
    copies.share(reading.message, reading.mail, user=user, ticket=ticket, is_proven=is_proven)


def _finish(
    reading: Reading, ticket: Ticket, comment_id: int, words: Words, kind: MailedKind
) -> None:
    message = reading.message
    message.ticket_id, message.comment_id = ticket.id, comment_id
    db.session.add(
        MailedComment(
            comment_id=comment_id,
            kind=kind,
            rest=words.rest,
            remarks=" ".join(reading.mail.remarks),
            html=words.html,
        )
    )
    messages.settle(message, InboundState.DONE)
