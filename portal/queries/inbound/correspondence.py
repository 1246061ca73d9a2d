"""What has gone to and fro about a ticket, for the mail to somebody that comes next."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, select

from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.inbound import InboundMessage, Mailbox
from portal.models.inbound.inbound_message import MAX_MESSAGE_ID
from portal.models.tickets import Ticket, TicketEvent
from portal.queries.inbound import mailboxes
from portal.security.smtp_addresses import is_deliverable

# As many as mail programs need to find the conversation after one of them was deleted.
_MOST = 10
# What may stand in a header of ours: `=?` would begin an encoded word (RFC 2047).
_ID = re.compile(r"(?!.*=\?)[!-;=?A-~]+@[!-;=?A-~]+")


class _Dated(NamedTuple):
    moment: datetime
    message_id: str


def mailbox_of(ticket: Ticket) -> Mailbox | None:
    """The mailbox that mails about the ticket come from, if any.

    Its department's, of several that by which the ticket came in; else the one by which it came in.
    """
    first = (
        select(InboundMessage.mailbox_id)
        .where(InboundMessage.ticket_id == ticket.id, InboundMessage.comment_id.is_not(None))
        .order_by(InboundMessage.id)
        .limit(1)
    )
    came_by = db.session.scalar(first)

    def rank(mailbox: Mailbox) -> tuple[bool, bool]:
        in_department = ticket.department is not None and mailbox.department == ticket.department
        return in_department, mailbox.id == came_by

    able = [one for one in mailboxes.listed() if one.is_active and is_deliverable(one.address)]
    best = max(able, key=rank, default=None)
    return best if best is not None and any(rank(best)) else None


def default_mailbox() -> Mailbox | None:
    """The mailbox at the address that replies go to where no other is named, if it is in use."""
    return mailboxes.of_addresses([mailboxes.default_address()])


def message_ids(ticket_id: int, mail: Outbox) -> tuple[str, ...]:
    """Message-IDs of what `mail`'s recipient got and wrote about the ticket before it.

    The newest ones, oldest first, in brackets.
    """
    found = sorted([*_sent(ticket_id, mail), *_received(ticket_id, mail)])
    return tuple(one.message_id for one in found[-_MOST:])


def _sent(ticket_id: int, mail: Outbox) -> Iterator[_Dated]:
    to_them = (
        Outbox.recipient == mail.recipient
        if mail.user_id is None
        else Outbox.user_id == mail.user_id
    )
    query = (
        select(Outbox.created_at, Outbox.message_id)
        .join(TicketEvent, TicketEvent.id == Outbox.event_id)
        .where(TicketEvent.ticket_id == ticket_id, to_them)
        .where(Outbox.id < mail.id, Outbox.state == OutboxState.SENT)
        .order_by(Outbox.id.desc())
    )
    yield from _rows(query)


def _received(ticket_id: int, mail: Outbox) -> Iterator[_Dated]:
    if mail.user_id is None:
        return
    query = (
        select(InboundMessage.received_at, InboundMessage.message_id)
        .where(
            InboundMessage.ticket_id == ticket_id,
            InboundMessage.user_id == mail.user_id,
            InboundMessage.comment_id.is_not(None),
            InboundMessage.received_at <= mail.created_at,
        )
        .order_by(InboundMessage.id.desc())
    )
    for one in _rows(query):
        # A longer one may have been cut.
        if len(one.message_id) < MAX_MESSAGE_ID and _ID.fullmatch(one.message_id):
            yield one._replace(message_id=f"<{one.message_id}>")


def _rows(query: Select[datetime, str]) -> Iterator[_Dated]:
    yield from map(_Dated._make, db.session.execute(query.limit(_MOST)))
