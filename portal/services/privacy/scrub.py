"""Erases a person from mails, events and ratings, and sends the farewell mail.

The farewell goes to the address that is being erased. So its outbox row holds the address until the
mail has left or cannot; then `clear_farewells` blanks it.
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
    """Recipient and language of the farewell mail."""

    email: str
    locale: str


def schedule_farewell(farewell: Farewell) -> None:
    """Schedule the confirmation. Without a user: an erased account has no rights."""
    data = {"locale": farewell.locale}
    schedule_mails(Mail(template=FAREWELL, recipient=farewell.email, data=data))


def clear_farewells() -> None:
    """Blank the addresses of farewells that were sent or will not be."""
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
    # Parked mails wait for a decision of an operator, who must not see this address.
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
    """Erase the person from `found_rows` and from rows that came since."""
    found = find_personal_data.find_rows(user, found_rows).ids
    for ids in _chunks(found[RowKind.MAIL_TO]):
        _change(Outbox, ids, Outbox.state.in_(_UNSENT), state=OutboxState.DROPPED, lease=None)
        _change(Outbox, ids, recipient=pseudonym, user_id=user.id, data={}, error=None)
    for ids in _chunks(found[RowKind.ACTION]):
        _change(AccountEvent, ids, address="", user_agent="")
    nowhere = {"from": "", "user_agent": ""}  # address and browser may be the person's
    _replace(Outbox, found[RowKind.MAIL_ABOUT], about="", **nowhere)
    _replace(AccountEvent, found[RowKind.MENTION], email=pseudonym)
    for kind in (RowKind.ASSIGNMENT, RowKind.PARTICIPATION):
        _replace(TicketEvent, found[kind], name=user.number)
    _blank_ratings(user)


_UNSENT = (OutboxState.PENDING, OutboxState.PARKED)


def lock_tickets(user_id: int) -> None:
    """Lock tickets that the person has filed or is assigned to.

    Call it before the person's row is locked: writers to a ticket lock it first, then the rows of
    people that it refers to.
    """
    to_solve = (Ticket.assignee_id == user_id) & Ticket.status.not_in(DONE)
    theirs = select(Ticket.id).where((Ticket.requester_id == user_id) | to_solve)
    db.session.execute(theirs.order_by(Ticket.id).with_for_update())


def _blank_ratings(user: User) -> None:
    """Blank the person's comments on ratings; good or bad stays.

    An index leads to these rows, so they are found under the lock.
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
    """Merge `values` into the data of rows."""
    for row_id in ids:
        row = db.session.get_one(model, row_id)
        row.data = {**row.data, **values}


def _chunks(ids: list[int]) -> Iterator[list[int]]:
    rest = iter(ids)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
