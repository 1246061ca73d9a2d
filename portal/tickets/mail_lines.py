"""What became of the mails about each entry of a timeline, and who will be mailed an answer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from portal import clock
from portal.i18n import gettext as _
from portal.models.delivery import OutboxState
from portal.models.inbound.inbound_message import WAY_TEXTS
from portal.models.people import Actor, User
from portal.models.people.person import name_of
from portal.models.tickets import Channel, Ticket
from portal.queries.inbound import messages
from portal.queries.paging import AnyRow
from portal.queries.people import users
from portal.queries.tickets import mails, participants
from portal.queries.tickets.mails import MailRow
from portal.queries.tickets.tickets import requester_to_read
from portal.queries.tickets.timeline import TimelineRow
from portal.services.delivery import ticket_mails
from portal.services.delivery.ticket_mails import Recipient
from portal.web.people.returned_mails import returned
from portal.web.templating.labels import NOT_SENT_LABELS

# Servers explain themselves at length.
_MAX_REASON = 200


class LineState(StrEnum):
    """`late`: tried without success, or the mail server is unreachable. `failed`: given up.

    `returned`: it was sent, and a mail server sent it back.
    """

    QUEUED = "queued"
    SENT = "sent"
    LATE = "late"
    FAILED = "failed"
    RETURNED = "returned"
    WITHHELD = "withheld"


class MailLine(NamedTuple):
    """A mail to somebody. `at` is when it was sent, or when it is tried next.

    `said` are the words of the server that sent it back.
    """

    id: int
    state: LineState
    name: str
    at: datetime | None = None
    reason: str = ""
    said: str = ""


class RecipientLine(NamedTuple):
    """Somebody who is told of an answer; with a reason, not by mail."""

    name: str
    reason: str


# The key of an entry of a timeline.
Entry = tuple[bool, int]


def lines_of(
    actor: Actor, ticket: Ticket, rows: Iterable[TimelineRow]
) -> Mapping[Entry, tuple[MailLine, ...]]:
    """Lines by (is it a comment, its id). For staff; customers get none."""
    found: defaultdict[Entry, tuple[MailLine, ...]] = defaultdict(tuple)
    if not actor.is_staff:
        return found
    ids: dict[bool, list[int]] = {True: [], False: []}
    for row in rows:
        ids[row.is_comment].append(row.id)
    for mail in mails.of_page(ticket.id, ids[True], ids[False]):
        entry = (False, mail.event_id) if mail.comment_id is None else (True, mail.comment_id)
        found[entry] += (_line(mail),)
    return found


def recipients(
    actor: Actor, ticket: Ticket, *, internal: bool, head: AnyRow | None = None
) -> tuple[RecipientLine, ...]:
    """Who is told when `actor` writes an answer or a note now. For staff; customers get none.

    With `head`, the row of `queries.tickets.tickets.details`, nobody asks for the requester again.
    """
    if not actor.is_staff:
        return ()

    def find(user_id: int) -> User:
        if head is not None and user_id == ticket.requester_id:
            return requester_to_read(ticket, head)
        return users.to_read(user_id)

    def find_others(of: Ticket) -> Iterable[User]:
        return () if head is not None and not head.has_participants else participants.users_of(of)

    told = ticket_mails.recipients_of_comment(
        actor=actor, ticket=ticket, internal=internal, find=find, find_others=find_others
    )
    return tuple(map(recipient_line, told))


def came_to(actor: Actor, ticket: Ticket) -> str:
    """The mailbox that a ticket came to by mail, and how; for staff."""
    if not actor.is_staff or ticket.channel != Channel.MAIL:
        return ""
    first = messages.first_of_ticket(ticket.id)
    return f"{first.mailbox}, {WAY_TEXTS.get(first.way, first.way)}" if first else ""


def recipient_line(recipient: Recipient) -> RecipientLine:
    name = recipient.user.name if recipient.user else _mailbox()
    return RecipientLine(name, _reason(recipient.reason) if recipient.reason else "")


def _line(mail: MailRow) -> MailLine:
    name = _mailbox() if mail.user_id is None else name_of(mail)
    match mail.state:
        case OutboxState.SENT:
            return MailLine(mail.id, LineState.SENT, name, mail.sent_at)
        case OutboxState.PARKED if back := returned(mail.error):
            return MailLine(mail.id, LineState.RETURNED, name, reason=back.reason, said=back.said)
        case OutboxState.PARKED:
            return MailLine(mail.id, LineState.FAILED, name, reason=_reason(mail.error))
        case OutboxState.DROPPED:
            return MailLine(mail.id, LineState.WITHHELD, name, reason=_reason(mail.error))
    at = max(mail.due_at, mail.retry_at or mail.due_at)
    failed = mail.error or mail.retry_at
    if mail.lease or not failed or at <= clock.now():
        return MailLine(mail.id, LineState.QUEUED, name)
    reason = _reason(mail.error) or _("the mail server is away")
    return MailLine(mail.id, LineState.LATE, name, at, reason)


def _mailbox() -> str:
    return _("the staff mailbox")


def _reason(text: str | None) -> str:
    """A reason of ours in the reader's language, others as the mail server said them."""
    known = NOT_SENT_LABELS.get(text or "")
    return str(known) if known else " ".join((text or "").split())[:_MAX_REASON]
