"""Lets customers take part in somebody else's ticket, and ends that.

Whoever adds somebody learns nothing of them: not whether the address has an account, nor the name.
So the history calls participants by their address.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import func, select, update

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.errors import EmailTaken, Invalid, TicketClosed, or_not_found
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.tickets import (
    Comment,
    EventKind,
    ParticipantWay,
    Ticket,
    TicketEvent,
    TicketParticipant,
)
from portal.queries.inbound import mailboxes
from portal.queries.people import users
from portal.security import permissions
from portal.security.machine_addresses import is_of_machine
from portal.security.smtp_addresses import is_deliverable
from portal.services.delivery import ticket_mails
from portal.services.people import accounts
from portal.services.tickets import changes, events, search

# A conversation with more is a mailing list.
MAX_PARTICIPANTS = 20
# Of those in copy of one mail.
MAX_OF_MAIL = 10
_NO_WAIT = timedelta(0)


def add(
    *,
    actor: Actor,
    ticket: Ticket,
    email: str,
    way: ParticipantWay,
    name: str = "",
    wait: timedelta = _NO_WAIT,
) -> int:
    """Let the owner of a normalised address take part in `ticket`; returns their id.

    The caller has locked the ticket. Whoever has no account gets one without a password. They are
    told by mail after `wait`. Nothing happens when they take part already. Raises Forbidden,
    TicketClosed, Invalid.
    """
    permissions.require(permissions.can_add_participant(actor, ticket))
    if ticket.is_closed:
        raise TicketClosed
    return _add(actor, ticket, email, way, name, wait)


def add_of_mail(*, actor: Actor, ticket: Ticket, people: Iterable[tuple[str, str]]) -> list[str]:
    """Let those in copy of a mail by `actor` take part: pairs of address and name.

    Who cannot is passed over; returns the addresses of those who are new. The caller knows that
    `actor` has written the mail and may write on the ticket, which it has locked.
    """
    added: list[str] = []
    for email, name in people:
        before = _count(ticket)
        try:
            _add(actor, ticket, email, ParticipantWay.MAIL, name, _NO_WAIT)
        except Invalid:
            continue
        if _count(ticket) > before:
            added.append(email)
        if len(added) == MAX_OF_MAIL:
            break
    return added


def remove(*, actor: Actor, ticket: Ticket, user_id: int) -> None:
    """End it at once, also for what was made for them so far. Raises Forbidden, NotFound.

    The caller has locked the ticket.
    """
    permissions.require(permissions.can_remove_participant(actor, ticket, user_id))
    row = or_not_found(db.session.get(TicketParticipant, (user_id, ticket.id)))
    user = db.session.get_one(User, user_id)
    db.session.delete(row)
    db.session.flush()
    search.index_participant(ticket, user_id, takes_part=False)
    theirs = update(User).where(User.id == user_id)
    execute_bulk(theirs.values(rights_epoch=User.rights_epoch + 1))
    _record(actor, ticket, EventKind.PERSON_REMOVED, user, {"from": user_id, "to": None})


def note_comment(*, actor: Actor, comment: Comment) -> None:
    """Remember with which comment a participant has spoken first."""
    silent = (
        TicketParticipant.user_id == actor.id,
        TicketParticipant.ticket_id == comment.ticket_id,
        TicketParticipant.first_comment_id.is_(None),
    )
    spoken = update(TicketParticipant).where(*silent)
    execute_bulk(spoken.values(first_comment_id=comment.id), follow=True)


def _add(
    actor: Actor, ticket: Ticket, email: str, way: ParticipantWay, name: str, wait: timedelta
) -> int:
    known = users.by_email(email)
    if known is not None and not known.actor.is_staff and _takes_part(ticket, known):
        return known.id
    _require_fit(actor, ticket, email, known)
    if _count(ticket) >= MAX_PARTICIPANTS:
        raise Invalid(email="many_participants")
    user = known or _new_account(actor, ticket, email, name)
    db.session.add(
        TicketParticipant(
            user_id=user.id,
            ticket_id=ticket.id,
            added_by_id=actor.id,
            way=way,
            created_at=clock.now(),
        )
    )
    db.session.flush()
    search.index_participant(ticket, user.id, takes_part=True)
    ends = {"from": None, "to": user.id}
    event = _record(actor, ticket, EventKind.PERSON_ADDED, user, ends)
    ticket_mails.participant_added(actor=actor, event=event, ticket=ticket, user=user, wait=wait)
    return user.id


def _require_fit(actor: Actor, ticket: Ticket, email: str, known: User | None) -> None:
    """Raises Invalid with why that address cannot take part, for customers not in detail."""
    if not is_deliverable(email):
        raise Invalid(email="undeliverable")
    if is_of_machine(email):
        raise Invalid(email="no_person")
    if mailboxes.is_own(email, mailboxes.own_addresses()):
        raise Invalid(email="own_address")
    if known is None:
        return
    if known.id == ticket.requester_id:
        raise Invalid(email="is_requester")
    if known.actor.is_staff:
        raise Invalid(email="is_staff" if actor.is_staff else "cannot_take_part")
    if not known.is_active:
        raise Invalid(email="is_disabled" if actor.is_staff else "cannot_take_part")


def _new_account(actor: Actor, ticket: Ticket, email: str, name: str) -> User:
    # The next best guess of a language: that of whom they know.
    locale = db.session.get_one(User, ticket.requester_id).locale
    try:
        return accounts.add_contact(email=email, name=name, locale=locale, by=actor)
    except EmailTaken:
        # Its former owner may take it back for some days.
        raise Invalid(email="cannot_take_part") from None


def _takes_part(ticket: Ticket, user: User) -> bool:
    return db.session.get(TicketParticipant, (user.id, ticket.id)) is not None


def _count(ticket: Ticket) -> int:
    query = select(func.count()).where(TicketParticipant.ticket_id == ticket.id)
    return db.session.scalar(query) or 0


def _record(
    actor: Actor, ticket: Ticket, kind: EventKind, user: User, ends: dict[str, int | None]
) -> TicketEvent:
    changes.bump_version(ticket, kind)
    return events.record(actor=actor, ticket=ticket, kind=kind, data={**ends, "name": user.email})
