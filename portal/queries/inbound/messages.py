"""Messages that were taken in: those that wait, those of a sender, lists for the pages."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    bindparam,
    cast,
    exists,
    func,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from portal import clock
from portal.errors import or_not_found
from portal.extensions import db
from portal.models.inbound import InboundMessage, InboundState, Mailbox, Reason, Step
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.tickets import MailedComment, MailedKind, Ticket
from portal.queries.paging import AnyRow, Page, newest_page, parse_id_cursor

PAGE = 50
# Of a desk that is in trouble; shown as "1000+".
COUNT_CAP = 1000
WAITING_FOR_STAFF = (InboundState.HELD, InboundState.SUSPECTED, InboundState.FAILED)


def is_due() -> bool:
    """Whether a message waits to be read."""
    waiting = select(InboundMessage.id).where(
        InboundMessage.state == InboundState.RECEIVED, InboundMessage.due_at <= clock.now()
    )
    return db.session.scalar(waiting.limit(1)) is not None


# Built once: that takes longer than asking.
_OTHER = aliased(InboundMessage)
_BEING_READ = exists().where(
    _OTHER.mailbox_id == InboundMessage.mailbox_id,
    _OTHER.state == InboundState.RECEIVED,
    _OTHER.lease.is_not(None),
    _OTHER.due_at > bindparam("moment"),
)
_NEXT_DUE = (
    select(InboundMessage.id, InboundMessage.mailbox_id)
    .where(
        InboundMessage.state == InboundState.RECEIVED,
        InboundMessage.due_at <= bindparam("moment"),
        InboundMessage.attempts < bindparam("most"),
        ~_BEING_READ,
    )
    .order_by(InboundMessage.due_at, InboundMessage.id)
    .limit(1)
)
_IS_BUSY = (
    select(InboundMessage.id)
    .where(
        InboundMessage.mailbox_id == bindparam("mailbox_id"),
        InboundMessage.state == InboundState.RECEIVED,
        InboundMessage.lease.is_not(None),
        InboundMessage.due_at > bindparam("moment"),
    )
    .limit(1)
)


def next_due(max_attempts: int) -> tuple[int, int] | None:
    """Id and mailbox of the longest due message whose mailbox nobody reads."""
    values = {"moment": clock.now(), "most": max_attempts}
    row = db.session.execute(_NEXT_DUE, values).one_or_none()
    return None if row is None else (row.id, row.mailbox_id)


def is_busy(mailbox_id: int) -> bool:
    """Whether a message of that mailbox is being read."""
    values = {"mailbox_id": mailbox_id, "moment": clock.now()}
    return db.session.scalar(_IS_BUSY, values) is not None


def number_from(sender: str, span: timedelta, most: int) -> int:
    """How many messages of that sender came within `span`, counted up to `most`."""
    recent = (
        select(InboundMessage.id)
        .where(InboundMessage.sender == sender, InboundMessage.received_at > clock.now() - span)
        .limit(most)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(recent)) or 0


def is_on_ticket(ticket_id: int, fingerprint: str) -> bool:
    """Whether the same mail is on that ticket already, by way of another mailbox."""
    return bool(
        db.session.scalar(
            select(InboundMessage.id).where(
                InboundMessage.ticket_id == ticket_id,
                InboundMessage.fingerprint == fingerprint,
                InboundMessage.comment_id.is_not(None),
            )
        )
    )


def has_shown_address(user_id: int, ticket_id: int) -> bool:
    """Whether others were in copy of a mail of that person about that ticket."""
    shared = (
        select(InboundMessage.id)
        .where(InboundMessage.ticket_id == ticket_id, InboundMessage.user_id == user_id)
        .where(cast(InboundMessage.journey, String).contains(f'"{Step.SHARED}"'))
    )
    return db.session.scalar(shared.limit(1)) is not None


def has_written_since(user_id: int, moment: datetime) -> bool:
    """Whether a mail that the person wrote, and no program, came after that moment."""
    written = (
        select(InboundMessage.id)
        .join(MailedComment, MailedComment.comment_id == InboundMessage.comment_id)
        .where(
            InboundMessage.user_id == user_id,
            InboundMessage.received_at > moment,
            MailedComment.kind == MailedKind.ANSWER,
        )
    )
    return db.session.scalar(written.limit(1)) is not None


def find(message_id: int, *, lock: bool = False) -> InboundMessage:
    """The message with that id. Raises NotFound."""
    query = select(InboundMessage).where(InboundMessage.id == message_id)
    return or_not_found(db.session.scalar(query.with_for_update() if lock else query))


def waiting(ids: Collection[int], most: int) -> list[InboundMessage]:
    """Those of them that wait for staff, locked, up to `most`."""
    query = (
        select(InboundMessage)
        .where(InboundMessage.id.in_(sorted(set(ids))[:most]))
        .where(InboundMessage.state.in_(WAITING_FOR_STAFF))
        # In one order, so that two administrators do not wait for each other.
        .order_by(InboundMessage.id)
        .with_for_update()
    )
    return list(db.session.scalars(query))


_OWN = (InboundMessage.state == InboundState.HELD, InboundMessage.reason == Reason.UNPROVEN_STAFF)


def own_held(actor: Actor) -> list[InboundMessage]:
    """The newest that name the actor as their sender and wait for the actor's word."""
    query = select(InboundMessage).where(InboundMessage.user_id == actor.id, *_OWN)
    return list(db.session.scalars(query.order_by(InboundMessage.id.desc()).limit(PAGE)))


def find_own_held(actor: Actor, message_id: int) -> InboundMessage:
    """One of them, locked. Raises NotFound."""
    own = (InboundMessage.id == message_id, InboundMessage.user_id == actor.id, *_OWN)
    return or_not_found(db.session.scalar(select(InboundMessage).where(*own).with_for_update()))


_COLUMNS = (
    InboundMessage.id,
    InboundMessage.received_at,
    InboundMessage.way,
    InboundMessage.size,
    InboundMessage.sender,
    InboundMessage.subject,
    InboundMessage.state,
    InboundMessage.reason,
    InboundMessage.ticket_id,
    Mailbox.address.label("mailbox"),
)


def first_of_ticket(ticket_id: int) -> AnyRow | None:
    """The `way` of the mail that a ticket began with, and its `mailbox`."""
    query = (
        select(InboundMessage.way, Mailbox.address.label("mailbox"))
        .join(Mailbox, Mailbox.id == InboundMessage.mailbox_id)
        .where(InboundMessage.ticket_id == ticket_id)
    )
    return db.session.execute(query.order_by(InboundMessage.id).limit(1)).one_or_none()


class MessageFilter(NamedTuple):
    """Which messages are listed; `sender` is an address in the form of accounts."""

    states: Sequence[str]
    mailbox_id: int | None = None
    sender: str = ""


def page(wanted: MessageFilter, cursor: str = "") -> Page[AnyRow]:
    """The newest of them."""
    before = parse_id_cursor(cursor)
    # Each state apart, or all that wait would be read to be sorted.
    newest = union_all(*(_newest_ids(wanted, state, before) for state in wanted.states))
    query = (
        select(*_COLUMNS)
        .join(Mailbox, Mailbox.id == InboundMessage.mailbox_id)
        .where(InboundMessage.id.in_(newest))
    )
    return newest_page(query, InboundMessage.id, before=before, size=PAGE)


def _newest_ids(wanted: MessageFilter, state: str, before: int | None) -> Select[int]:
    query = select(InboundMessage.id).where(InboundMessage.state == state)
    if wanted.mailbox_id is not None:
        query = query.where(InboundMessage.mailbox_id == wanted.mailbox_id)
    if wanted.sender:
        query = query.where(InboundMessage.sender == wanted.sender)
    if before is not None:
        query = query.where(InboundMessage.id < before)
    some = query.order_by(InboundMessage.id.desc()).limit(PAGE + 1).subquery()
    return select(some.c.id)


def with_names(message: InboundMessage) -> AnyRow:
    """What else the message's page shows: its mailbox, ticket and sender."""
    query = (
        select(
            Mailbox.address.label("mailbox"),
            Ticket.id.label("ticket_id"),
            Ticket.subject.label("ticket_subject"),
            User.id.label("user_id"),
            *Person.columns(User),
        )
        .select_from(InboundMessage)
        .join(Mailbox, Mailbox.id == InboundMessage.mailbox_id)
        .outerjoin(Ticket, Ticket.id == InboundMessage.ticket_id)
        .outerjoin(User, User.id == InboundMessage.user_id)
        .where(InboundMessage.id == message.id)
    )
    return db.session.execute(query).one()


def _counted(state: InboundState) -> ColumnElement[int]:
    some = select(InboundMessage.id).where(InboundMessage.state == state).limit(COUNT_CAP)
    return select(func.count()).select_from(some.subquery()).scalar_subquery().label(state)


_COUNTED = (*WAITING_FOR_STAFF, InboundState.RECEIVED)
_COUNTS = select(*map(_counted, _COUNTED))


def counts() -> dict[InboundState, int]:
    """How many are in each state that is left one day, counted up to COUNT_CAP each."""
    return dict(zip(_COUNTED, db.session.execute(_COUNTS).one(), strict=True))
