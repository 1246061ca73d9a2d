"""Factories of rows: a test gives what matters to it, the rest has defaults.

Call them inside `writing(app)`, or in a held context after `begin_write()`. Tickets and comments
are made by the services, so that counts, search and history are as in production.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import update

from portal import clock
from portal.extensions import begin_write, db
from portal.models.organizations import Organization
from portal.models.people import Actor, AfterSending, User
from portal.models.tickets import Rating, Ticket, TicketStatus

Row = TypeVar("Row", Organization, User)


@contextmanager
def writing(app: Flask) -> Iterator[None]:
    """An application context with a write unit, committed at the end."""
    with app.app_context():
        begin_write()
        yield
        db.session.commit()


def go_on(app: Flask, choice: AfterSending) -> None:
    """All members of staff go there after an answer."""
    with writing(app):
        db.session.execute(update(User).values(after_sending=choice))


def organization(name: str = "Acme", **columns: Any) -> Organization:
    """A flushed organization."""
    return _added(Organization(name=name, **columns))


def user(email: str, **columns: Any) -> User:
    """A customer with a verified address, and an organization of their own unless given."""
    if "organization_id" not in columns:
        columns["organization_id"] = organization(email, personal=True).id
    return _added(User(**{"email": email, "is_verified": True, **columns}))


def actor(row: User) -> Actor:
    """The Actor of a user, with a fresh proof."""
    return Actor(
        id=row.id,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        role=row.role,
        organization_id=row.organization_id,
        organization_role=row.organization_role,
        locale=row.locale,
        timezone=row.timezone,
        shortcuts=row.shortcuts,
        mails_as=row.mails_as,
        second_factor_required=row.second_factor_required,
        rights_epoch=row.rights_epoch,
        rights=row.rights,
        confirmed_at=clock.now(),
    )


@dataclass(frozen=True)
class Filed:
    """The id, number and version of a filed ticket, for use after the transaction."""

    id: int
    number: str
    version: int


def file_ticket(
    app: Flask, requester: Actor, subject: str = "No hot water", message: str = "", **columns: Any
) -> Filed:
    """File a ticket as its requester, in a transaction of its own."""
    from portal.services.tickets import tickets

    with writing(app):
        ticket: Ticket = tickets.file(
            actor=requester,
            subject=subject,
            message=message or f"{subject}. Please help.",
            **columns,
        )
        db.session.flush()
        return Filed(ticket.id, ticket.number, ticket.version)


def post_comment(
    app: Flask, author: Actor, ticket: Filed, message: str = "Looking into it.", **columns: Any
) -> int:
    """Post a comment (`internal=True`: a note) in a transaction of its own. Returns its id."""
    from portal.services.tickets import comments

    with writing(app):
        comment = comments.post(
            actor=author, ticket=db.session.get_one(Ticket, ticket.id), message=message, **columns
        )
        db.session.flush()
        return int(comment.id)


def rate_ticket(
    app: Flask, requester: Actor, ticket: Filed, rating: Rating = Rating.GOOD, comment: str = ""
) -> None:
    """Solve a ticket and rate it as its requester, in a transaction of its own."""
    from portal.services.tickets import ratings, tickets

    with writing(app):
        row = db.session.get_one(Ticket, ticket.id)
        tickets.set_status(actor=requester, ticket=row, status=TicketStatus.SOLVED)
        ratings.rate(actor=requester, ticket=row, rating=rating, comment=comment)


def _added(row: Row) -> Row:
    db.session.add(row)
    db.session.flush()
    return row
