"""Schedules mails about tickets: who is told of which event. Events have been flushed.

Nobody is told of their own actions, except for the receipt of a filed ticket. Of internal notes
only those learn whom they name, and never what they say. Whoever is told but gets no mail has a row
with the reason.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from portal.extensions import db, setting
from portal.models.delivery import ReasonNotToSend
from portal.models.delivery.outbox import MENTIONED
from portal.models.people import Actor, User
from portal.models.tickets import Ticket, TicketEvent
from portal.queries.tickets import participants
from portal.queries.tickets.mail_reasons import reason_not_to_mail
from portal.services.delivery.outbox import Mail, schedule_mails

_BEFORE_SOLVED = timedelta(minutes=1)


class Recipient(NamedTuple):
    """Somebody who is told of an event. `user` is None for the staff mailbox."""

    template: str
    user: User | None
    reason: ReasonNotToSend | None


def _user(user_id: int) -> User:
    return db.session.get_one(User, user_id)


def recipients_of_filing(ticket: Ticket, *, internal: bool = False) -> list[Recipient]:
    """The requester, who gets a receipt unless it began `internal`, and the staff mailbox."""
    desk = _recipient("ticket_filed_staff", None, ticket)
    if internal:
        return [desk]
    return [_recipient("ticket_filed", _user(ticket.requester_id), ticket), desk]


def recipients_of_comment(
    *,
    actor: Actor,
    ticket: Ticket,
    internal: bool = False,
    find: Callable[[int], User] = _user,
    find_others: Callable[[Ticket], Iterable[User]] = participants.users_of,
) -> list[Recipient]:
    """The requester and all participants, or the staff who serve them, but not who writes it.

    Both, when another customer than the requester writes it. `find` finds people by id, and
    `find_others` the participants.
    """
    found: list[Recipient] = []
    if internal:
        return found
    if actor.id != ticket.requester_id:
        found.append(_recipient("reply", find(ticket.requester_id), ticket))
    others = (user for user in find_others(ticket) if user.id != actor.id)
    found.extend(_recipient("reply", user, ticket, sees=True) for user in others)
    if actor.id == ticket.requester_id or not actor.is_staff:
        found.extend(_of_desk(actor, ticket, find))
    return found


def ticket_filed(
    *,
    event: TicketEvent,
    ticket: Ticket,
    internal: bool = False,
    no_receipt: ReasonNotToSend | None = None,
) -> None:
    """`no_receipt`: why the requester gets none, if nothing else speaks against it."""
    told = recipients_of_filing(ticket, internal=internal)
    _schedule(
        event,
        (one._replace(reason=one.reason or no_receipt) if one.user else one for one in told),
    )


def comment_posted(
    *,
    actor: Actor,
    event: TicketEvent,
    ticket: Ticket,
    internal: bool,
    change: TicketEvent | None = None,
) -> None:
    """`change` is of the status that was set with the comment.

    When that solved the ticket, the mail about the comment says so; a note has none.
    """
    solved = change is not None and change.solves
    told = recipients_of_comment(actor=actor, ticket=ticket, internal=internal)
    _schedule(event, told, data={"solved": True} if solved else {})
    if internal and change is not None:
        ticket_solved(actor=actor, event=change, ticket=ticket)


def ticket_solved(*, actor: Actor, event: TicketEvent, ticket: Ticket) -> None:
    """Ask the requester how it went, if the change of status solved the ticket.

    After a moment: a slip of the hand is undone before somebody reads of it.
    """
    if event.solves and actor.id != ticket.requester_id:
        recipient = _recipient("ticket_solved", _user(ticket.requester_id), ticket)
        _schedule(event, [recipient], wait=_BEFORE_SOLVED)


def ticket_assigned(*, actor: Actor | None, event: TicketEvent, ticket: Ticket) -> None:
    """Notify the assignee unless they took the ticket themselves."""
    if ticket.assignee_id is None or (actor is not None and ticket.assignee_id == actor.id):
        return
    _schedule(event, [_recipient("assigned", _user(ticket.assignee_id), ticket)])


def participant_added(
    *, actor: Actor, event: TicketEvent, ticket: Ticket, user: User, wait: timedelta
) -> None:
    """Tell somebody that they take part in a ticket now, by whom, and how to leave it."""
    if user.id != actor.id:
        told = _recipient("participant_added", user, ticket, sees=True)
        _schedule(event, [told], wait=wait)


def mentioned(*, actor: Actor, event: TicketEvent, ticket: Ticket, users: Iterable[User]) -> None:
    """Tell colleagues that a note names them; its words stay on the page."""
    told = [user for user in users if user.id != actor.id]
    _schedule(event, [_recipient(MENTIONED, user, ticket) for user in told])


def _of_desk(actor: Actor, ticket: Ticket, find: Callable[[int], User]) -> list[Recipient]:
    """The assignee; the staff mailbox without an active assignee."""
    if ticket.assignee_id == actor.id:
        return []
    assignee = find(ticket.assignee_id) if ticket.assignee_id else None
    served = assignee if assignee is not None and assignee.is_assignable else None
    return [_recipient("customer_reply", served, ticket)]


def _recipient(
    template: str, user: User | None, ticket: Ticket, *, sees: bool = False
) -> Recipient:
    return Recipient(template, user, reason_not_to_mail(template, user, ticket, sees=sees))


def _schedule(
    event: TicketEvent,
    recipients: Iterable[Recipient],
    *,
    wait: timedelta = timedelta(0),
    data: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    schedule_mails(
        *(
            Mail(
                template=template,
                recipient=user.email if user else setting("SUPPORT_EMAIL"),
                user_id=user.id if user else None,
                event_id=event.id,
                data=data,
                wait=wait,
                reason=reason,
            )
            for template, user, reason in recipients
        )
    )
