"""Covering a person's tracks in what was mailed, logged and rated, and the mail that says goodbye.

The goodbye has to go to the address that is forgotten in the same moment. So its row is the last
to hold it, until the mail has left or cannot: then `clear_farewells` takes the address out.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import select, update

from portal.bulk_statements import execute_bulk
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.people import AccountEvent, User
from portal.models.tickets import DONE, EventKind, Ticket, TicketEvent
from portal.queries.privacy import find_personal_data
from portal.queries.privacy.find_personal_data import FoundRows, RowKind
from portal.services.delivery.outbox import Mail, schedule_mails

FAREWELL = "account_deleted"
_CHUNK = 500


class Farewell(NamedTuple):
    """Whom to say goodbye to, in which language."""

    email: str
    locale: str


def schedule_farewell(farewell: Farewell) -> None:
    """Tell the person that it is done. Without a user: an account that is gone has no rights."""
    data = {"locale": farewell.locale}
    schedule_mails(Mail(template=FAREWELL, recipient=farewell.email, data=data))


def clear_farewells() -> None:
    """Forget the addresses of goodbyes that have left, and of those that will not leave."""
    db.session.execute(
        update(Outbox)
        .where(
            Outbox.event_id.is_(None),
            Outbox.template == FAREWELL,
            Outbox.recipient != "",
            Outbox.state.in_([OutboxState.SENT, OutboxState.DROPPED]),
        )
        .values(recipient="", data={}, error=None)
    )
    # Nobody is to decide later about a mail to somebody who was forgotten.
    db.session.execute(
        update(Outbox)
        .where(
            Outbox.event_id.is_(None),
            Outbox.template == FAREWELL,
            Outbox.state == OutboxState.PARKED,
        )
        .values(state=OutboxState.DROPPED, recipient="", data={})
    )


def scrub_rows(user: User, pseudonym: str, found_rows: FoundRows) -> None:
    """Take the person out of the rows that `found_rows` names and of those that came since."""
    found = find_personal_data.find_rows(user, found_rows).ids
    for ids in _chunks(found[RowKind.MAIL_TO]):
        _change(Outbox, ids, Outbox.state.in_(_UNSENT), state=OutboxState.DROPPED, lease=None)
        _change(Outbox, ids, recipient=pseudonym, user_id=user.id, data={}, error=None)
    for ids in _chunks(found[RowKind.ACTION]):
        _change(AccountEvent, ids, address="", user_agent="")
    nowhere = {"from": "", "user_agent": ""}  # from where they joined, it may be
    _replace(Outbox, found[RowKind.MAIL_ABOUT], about="", **nowhere)
    _replace(AccountEvent, found[RowKind.MENTION], email=pseudonym)
    _replace(TicketEvent, found[RowKind.ASSIGNMENT], name=user.number)
    _blank_ratings(user)


_UNSENT = (OutboxState.PENDING, OutboxState.PARKED)


def lock_tickets(user_id: int) -> None:
    """Wait for who is about to change a ticket that the person has filed, or has to solve.

    To be called before the person's own row is locked: who writes to a ticket locks it first, and
    then by what they add the rows of the people that it names.
    """
    to_solve = (Ticket.assignee_id == user_id) & Ticket.status.not_in(DONE)
    theirs = select(Ticket.id).where((Ticket.requester_id == user_id) | to_solve)
    db.session.execute(theirs.order_by(Ticket.id).with_for_update())


def _blank_ratings(user: User) -> None:
    """Let go of what the person wrote beside ratings. That it was good or bad is the desk's.

    An index leads from the person to their tickets, so this is looked for under the lock.
    """
    mine = select(Ticket.id).where(Ticket.requester_id == user.id)
    for ids in _chunks(list(db.session.scalars(mine))):
        said = select(TicketEvent.id).where(
            TicketEvent.ticket_id.in_(ids), TicketEvent.kind == EventKind.RATED
        )
        _replace(TicketEvent, list(db.session.scalars(said)), comment="")
        _change(Ticket, ids, Ticket.rating_comment.is_not(None), rating_comment=None)


def _change(model: Any, ids: list[int], *conditions: Any, **values: Any) -> None:
    execute_bulk(update(model).where(model.id.in_(ids), *conditions).values(**values))


def _replace(model: Any, ids: list[int], **values: Any) -> None:
    """Put `values` into the data of rows, beside what else is there."""
    for row_id in ids:
        row = db.session.get_one(model, row_id)
        row.data = {**row.data, **values}


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
