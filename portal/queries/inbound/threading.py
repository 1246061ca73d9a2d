"""Which ticket a mail belongs to, from the surest sign to the weakest.

Whether its sender may see that ticket is asked by whoever uses the answer.
"""

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select

from portal.extensions import db
from portal.mail_parsing.parsed import ParsedMail
from portal.models.delivery import Outbox
from portal.models.inbound import InboundMessage
from portal.models.tickets import Ticket, TicketEvent
from portal.models.tickets.ticket import parse_number
from portal.security import reply_addresses

# What our mails are called, and the thread of a ticket: also where a server has changed the rest.
_OURS = re.compile(r"lodge\.(?:[0-9a-f]{32}|REQ[0-9]{6,18})@[A-Za-z0-9.-]{1,253}", re.ASCII)
_NUMBER = re.compile(r"REQ[0-9]{6,18}", re.ASCII)


class Sign(StrEnum):
    """What led to the ticket."""

    ADDRESS = "address"
    OUR_MAIL = "our_mail"
    THREAD = "thread"
    EARLIER_MAIL = "earlier_mail"
    SUBJECT = "subject"


class Candidate(NamedTuple):
    """`user_id` is whose mail the reply address was taken from."""

    ticket_id: int
    sign: Sign
    user_id: int | None = None


def candidates(mail: ParsedMail, recipients: Iterable[str]) -> Iterator[Candidate]:
    """Tickets that the mail may belong to, the likeliest first; some may come twice."""
    yield from _of_addresses((*recipients, *mail.recipients))
    ours = _OURS.findall(" ".join(mail.references))
    yield from _of_our_mails(ours)
    threads = (one.removeprefix("lodge.").partition("@")[0] for one in ours)
    yield from _existing(threads, Sign.THREAD)
    yield from _of_earlier_mails(mail.references)
    yield from _existing(_NUMBER.findall(mail.subject.upper()), Sign.SUBJECT)


def _of_addresses(addresses: Iterable[str]) -> Iterator[Candidate]:
    for token in filter(None, map(reply_addresses.read, dict.fromkeys(addresses))):
        ticket = db.session.get(Ticket, token.ticket_id)
        if ticket is not None and reply_addresses.is_genuine(token, ticket):
            yield Candidate(ticket.id, Sign.ADDRESS, token.user_id)


def _of_our_mails(ids: Iterable[str]) -> Iterator[Candidate]:
    named = [f"<{one}>" for one in dict.fromkeys(ids)]
    query = (
        select(Outbox.message_id, TicketEvent.ticket_id)
        .join(TicketEvent, TicketEvent.id == Outbox.event_id)
        .where(Outbox.message_id.in_(named))
    )
    found = {row.message_id: row.ticket_id for row in db.session.execute(query)} if named else {}
    for one in named:
        if one in found:
            yield Candidate(found[one], Sign.OUR_MAIL)


def _of_earlier_mails(ids: Iterable[str]) -> Iterator[Candidate]:
    named = list(dict.fromkeys(ids))
    query = select(InboundMessage.message_id, InboundMessage.ticket_id).where(
        InboundMessage.message_id.in_(named), InboundMessage.ticket_id.is_not(None)
    )
    found = {row.message_id: row.ticket_id for row in db.session.execute(query)} if named else {}
    for one in named:
        if one in found:
            yield Candidate(found[one], Sign.EARLIER_MAIL)


def _existing(numbers: Iterable[str], sign: Sign) -> Iterator[Candidate]:
    for number in dict.fromkeys(numbers):
        ticket_id = parse_number(number)
        if ticket_id is not None and db.session.get(Ticket, ticket_id) is not None:
            yield Candidate(ticket_id, sign)


def our_mails(message_ids: Iterable[str]) -> list[Outbox]:
    """Mails of ours with these Message-IDs, written without brackets."""
    named = [f"<{one}>" for one in message_ids]
    return list(db.session.scalars(select(Outbox).where(Outbox.message_id.in_(named))))
