"""Finds rows with a person's address or name to which no index leads from the person.

Scanning all mails and events takes long, so it is done before the write lock is taken; rows that
came since are found under the lock, from where the first scan stopped.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, cast, func, or_, select

from portal.extensions import db, setting
from portal.models.delivery import Outbox
from portal.models.people import AccountEvent, AccountEventKind, User
from portal.models.tickets import EventKind, TicketEvent
from portal.models.tickets.ticket_event import ValueType

_FORMER = {
    kind.value: kind.spec.former_address for kind in AccountEventKind if kind.spec.former_address
}
_OF_PARTICIPANTS = [kind for kind in EventKind if kind.spec.value is ValueType.PARTICIPANT]
# Rows scanned by one statement, well within its time limit.
_WINDOW = 100_000


class RowKind(StrEnum):
    """Which rows are searched for."""

    MAIL_TO = "mail_to"
    MAIL_ABOUT = "mail_about"  # a mail to somebody else that names the person
    ACTION = "action"  # something that the person did to somebody else's account
    MENTION = "mention"  # something that somebody else did with the person's address
    ASSIGNMENT = "assignment"  # a ticket was given to the person
    PARTICIPATION = "participation"  # the person was added to a ticket, or taken out of it


class FoundRows(NamedTuple):
    """Ids of rows by kind, and up to which id each table was scanned."""

    ids: dict[RowKind, list[int]]
    scanned: dict[RowKind, int]


NO_ROWS = FoundRows({}, {})


def known_addresses(user: User) -> set[str]:
    """The current and former addresses of the account."""
    query = select(AccountEvent.kind, AccountEvent.data).where(
        AccountEvent.user_id == user.id, AccountEvent.kind.in_(_FORMER)
    )
    found = ((data, _FORMER[kind]) for kind, data in db.session.execute(query))
    return {user.email, *(str(data[key]) for data, key in found if key in data)}


def find_rows(user: User, before: FoundRows = NO_ROWS) -> FoundRows:
    """Rows about `user`, including those in `before`."""
    ids, scanned = {}, {}
    for trace, (model, condition) in _conditions(user, known_addresses(user)).items():
        last = db.session.scalar(select(func.max(model.id))) or 0
        found = _scan(model.id, before.scanned.get(trace, 0), last, condition)
        ids[trace] = [*before.ids.get(trace, ()), *found]
        scanned[trace] = last
    return FoundRows(ids, scanned)


def message_ids_to(user: User) -> list[str]:
    """Message-IDs of all mails to `user`, who may have been erased meanwhile."""
    _model, condition = _conditions(user, known_addresses(user))[RowKind.MAIL_TO]
    last = db.session.scalar(select(func.max(Outbox.id))) or 0
    return list(_scan(Outbox.message_id, 0, last, condition))


def _conditions(user: User, known: set[str]) -> dict[RowKind, tuple[Any, Any]]:
    # Mails to the staff mailbox stay, even if it is the person's own address.
    own = known - {setting("SUPPORT_EMAIL")}
    naming = [kind for kind in AccountEventKind if kind.spec.names_address]
    return {
        RowKind.MAIL_TO: (Outbox, or_(Outbox.user_id == user.id, Outbox.recipient.in_(own))),
        RowKind.MAIL_ABOUT: (
            Outbox,
            (Outbox.template == "account_notice")
            & Outbox.data["about"].as_string().in_(known)
            & (Outbox.user_id != user.id),
        ),
        RowKind.ACTION: (
            AccountEvent,
            (AccountEvent.actor_id == user.id) & (AccountEvent.user_id != user.id),
        ),
        RowKind.MENTION: (
            AccountEvent,
            AccountEvent.kind.in_(naming) & AccountEvent.data["email"].as_string().in_(known),
        ),
        RowKind.ASSIGNMENT: (
            TicketEvent,
            (TicketEvent.kind == EventKind.ASSIGNEE) & _names(user, "to"),
        ),
        RowKind.PARTICIPATION: (
            TicketEvent,
            TicketEvent.kind.in_(_OF_PARTICIPANTS) & or_(_names(user, "to"), _names(user, "from")),
        ),
    }


def _names(user: User, end: str) -> ColumnElement[bool]:
    """Compared as text: the same key holds words in events of other kinds."""
    return cast(TicketEvent.data[end].as_string(), String) == str(user.id)


def _scan(column: Any, after: int, last: int, condition: Any) -> Iterator[Any]:
    """`column` of the rows that match, with ids after `after` up to `last`, in windows."""
    key = column.class_.id
    for start in range(after, last, _WINDOW):
        window = key.between(start + 1, min(start + _WINDOW, last))
        yield from db.session.scalars(select(column).where(window, condition))
