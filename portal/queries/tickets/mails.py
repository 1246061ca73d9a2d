"""What became of the mails about a ticket's messages and changes."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, or_, select

from portal.extensions import db
from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.models.people import User
from portal.models.people.person import Person
from portal.models.tickets import TicketEvent
from portal.prepared import Prepared

# A page has fewer; a ticket that was solved and opened a thousand times is nobody's.
_MOST = 1000


class MailRow(NamedTuple):
    """A mail of the outbox, with its event and the Person it is for, if it is for one.

    `retry_at`: when the mail server is tried again, while it is unreachable.
    """

    comment_id: int | None
    event_id: int
    id: int
    state: str
    due_at: datetime
    sent_at: datetime | None
    error: str | None
    user_id: int | None
    first_name: str | None
    last_name: str | None
    email: str | None
    lease: str | None
    retry_at: datetime | None


def of_page(ticket_id: int, comment_ids: list[int], event_ids: list[int]) -> list[MailRow]:
    """The mails about those comments and other events, by id. For staff."""
    if not comment_ids and not event_ids:
        return []
    # By range, because a list of ids would be a different statement for each length.
    first, last = _range(comment_ids)
    first_event, last_event = _range(event_ids)
    values = {"ticket_id": ticket_id, "first": first, "last": last}
    return _OF_PAGE.all({**values, "first_event": first_event, "last_event": last_event})


def find(ticket_id: int, mail_id: int) -> Outbox | None:
    """That mail, if it is about that ticket."""
    query = select(Outbox).join(TicketEvent, TicketEvent.id == Outbox.event_id)
    return db.session.scalar(query.where(Outbox.id == mail_id, TicketEvent.ticket_id == ticket_id))


def _range(ids: list[int]) -> tuple[int, int]:
    """The lowest and the highest id; a range without members when there is none."""
    return (min(ids), max(ids)) if ids else (1, 0)


def _on_page() -> ColumnElement[bool]:
    change = and_(
        TicketEvent.comment_id.is_(None),
        TicketEvent.id.between(bindparam("first_event"), bindparam("last_event")),
    )
    comment = TicketEvent.comment_id.between(bindparam("first"), bindparam("last"))
    return or_(comment, change)


_OF_PAGE: Prepared[MailRow] = Prepared(
    select(
        TicketEvent.comment_id,
        Outbox.event_id,
        Outbox.id,
        Outbox.state,
        Outbox.due_at,
        Outbox.sent_at,
        Outbox.error,
        Outbox.user_id,
        *Person.columns(User),
        Outbox.lease,
        MailServer.retry_at,
    )
    .join(Outbox, Outbox.event_id == TicketEvent.id)
    .outerjoin(User, User.id == Outbox.user_id)
    # There is one row of it at most.
    .outerjoin(MailServer, MailServer.retry_at.is_not(None) & (Outbox.state == OutboxState.PENDING))
    .where(TicketEvent.ticket_id == bindparam("ticket_id"), _on_page())
    .order_by(Outbox.id)
    .limit(_MOST),
    MailRow._make,
)
