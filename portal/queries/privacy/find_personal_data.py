"""Where a person's address and name stand in rows that no index leads to from the person.

Looking through all that was ever mailed takes a while. So it is done on its own, before the write
lock is taken; what has come since is looked for under the lock, from where this one stopped.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import String, cast, func, or_, select

from portal.extensions import db, setting
from portal.models.delivery import Outbox
from portal.models.people import AccountEvent, AccountEventKind, User
from portal.models.tickets import EventKind, TicketEvent

# Rows that are looked at in one statement: well below the time that one may take.
_WINDOW = 100_000


class Trace(StrEnum):
    """What is looked for."""

    MAIL_TO = "mail_to"
    MAIL_ABOUT = "mail_about"  # a mail to somebody else that names the person
    DEED = "deed"  # something that the person did to somebody else's account
    MENTION = "mention"  # something that somebody else did with the person's address
    ASSIGNMENT = "assignment"  # a ticket was given to the person


class Traces(NamedTuple):
    """Ids of rows, and up to which id the table was looked through."""

    ids: dict[Trace, list[int]]
    looked: dict[Trace, int]


NOTHING = Traces({}, {})


def addresses(user: User) -> set[str]:
    """The addresses that the account has had."""
    query = select(AccountEvent.data).where(
        AccountEvent.user_id == user.id, AccountEvent.kind == AccountEventKind.EMAIL_CHANGED
    )
    former = {str(data["from"]) for data in db.session.scalars(query) if "from" in data}
    return {user.email, *former}


def find(user: User, before: Traces = NOTHING) -> Traces:
    """The traces of `user`, those in `before` included."""
    ids, looked = {}, {}
    for trace, (model, condition) in _places(user, addresses(user)).items():
        last = db.session.scalar(select(func.max(model.id))) or 0
        found = _looked_through(model.id, before.looked.get(trace, 0), last, condition)
        ids[trace] = [*before.ids.get(trace, ()), *found]
        looked[trace] = last
    return Traces(ids, looked)


def messages_to(user: User) -> list[str]:
    """The Message-IDs of all mail to `user`, who may have been forgotten meanwhile."""
    _model, condition = _places(user, addresses(user))[Trace.MAIL_TO]
    last = db.session.scalar(select(func.max(Outbox.id))) or 0
    return list(_looked_through(Outbox.message_id, 0, last, condition))


def _places(user: User, known: set[str]) -> dict[Trace, tuple[Any, Any]]:
    # Whose own address is the desk's mailbox does not take the desk's mail along.
    own = known - {setting("SUPPORT_EMAIL")}
    naming = [kind for kind in AccountEventKind if kind.spec.names_address]
    return {
        Trace.MAIL_TO: (Outbox, or_(Outbox.user_id == user.id, Outbox.recipient.in_(own))),
        Trace.MAIL_ABOUT: (
            Outbox,
            (Outbox.template == "account_notice")
            & Outbox.data["about"].as_string().in_(known)
            & (Outbox.user_id != user.id),
        ),
        Trace.DEED: (
            AccountEvent,
            (AccountEvent.actor_id == user.id) & (AccountEvent.user_id != user.id),
        ),
        Trace.MENTION: (
            AccountEvent,
            AccountEvent.kind.in_(naming) & AccountEvent.data["email"].as_string().in_(known),
        ),
        Trace.ASSIGNMENT: (
            TicketEvent,
            # As text: the same key holds words in changes of other kinds.
            (TicketEvent.kind == EventKind.ASSIGNEE)
            & (cast(TicketEvent.data["to"].as_string(), String) == str(user.id)),
        ),
    }


def _looked_through(column: Any, after: int, last: int, condition: Any) -> Iterator[Any]:
    """`column` of the rows that meet `condition`, with ids up to `last`."""
    key = column.class_.id
    for start in range(after, last, _WINDOW):
        window = key.between(start + 1, min(start + _WINDOW, last))
        yield from db.session.scalars(select(column).where(window, condition))
