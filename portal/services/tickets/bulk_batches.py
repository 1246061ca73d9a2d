"""Works on a change of many tickets, some at a time, in one transaction each time.

A row is settled in the transaction that changes its ticket, so each ticket is changed once, whoever
dies or works on it twice. Callers have locked the change.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

from sqlalchemy.exc import OperationalError

from portal import clock
from portal.errors import (
    DomainError,
    Forbidden,
    Invalid,
    MacroOutdated,
    NotFound,
    Stale,
    TicketClosed,
)
from portal.extensions import db
from portal.isolation import attempt
from portal.models.people import AccountEventKind, Actor, User
from portal.models.tickets import (
    BulkAction,
    BulkChange,
    BulkChangeTicket,
    BulkReason,
    BulkState,
    Priority,
    Ticket,
    TicketStatus,
)
from portal.models.tickets import BulkTicketState as TicketState
from portal.queries.tickets import bulk_changes as queries
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets import trash
from portal.services.people import account_log
from portal.services.tickets import bulk_snapshots, counts, macros, scheduled, tags, tickets

# Tickets of a transaction: others who write on SQLite wait for it.
BATCH = 25
# Who has not ended a batch after that is taken for dead.
WITHIN = timedelta(minutes=1)
_REASONS: dict[type[DomainError], BulkReason] = {
    TicketClosed: BulkReason.CLOSED,
    Stale: BulkReason.CHANGED,
    MacroOutdated: BulkReason.OUTDATED,
    Forbidden: BulkReason.REFUSED,
    NotFound: BulkReason.OUTDATED,
}
# Those that may change tags.
TAGGED = {BulkAction.TAG, BulkAction.TAGS, BulkAction.MACRO}
# Does the action to a ticket: the id of a macro's answer, 0 if it has left, None for no answer.
Verb: TypeAlias = Callable[[Ticket], int | None]


@dataclass(frozen=True, slots=True)
class _Result:
    state: TicketState
    reason: BulkReason | None = None
    answer_id: int | None = None


def work_on(change_id: int) -> bool:
    """Change its next tickets, or give them back; whether some are left."""
    change = queries.locked(change_id)
    if change is None or not BulkState(change.state).is_open:
        return False
    return work(change, BATCH)


def work(change: BulkChange, limit: int) -> bool:
    """The same for a change that is at hand."""
    user = db.session.get_one(User, change.actor_id, populate_existing=True)
    if not (user.is_active and user.actor.is_staff):
        end(change, BulkState.STOPPED)
        return False
    actor = user.actor
    rows = queries.next_tickets(change, limit)
    undoing = change.state == BulkState.UNDOING
    step = partial(_give_back, actor) if undoing else _changing(actor, change)
    found = _tickets(actor, change, [row.ticket_id for row in rows])
    with counts.together():
        for row in rows:
            _settle(change, row, found.get(row.ticket_id), step)
    change.due_at = clock.now() + WITHIN
    if len(rows) == limit and queries.next_tickets(change, 1):
        return True
    end(change, BulkState.UNDONE if undoing else BulkState.DONE)
    return False


def end(change: BulkChange, state: BulkState) -> None:
    """Nobody works on it any more. One line of the log of actions says what was done."""
    undone = change.state == BulkState.UNDOING
    number = change.undone if undone else change.changed
    change.state, change.ended_at, change.due_at = state, clock.now(), None
    if change.total > 1:
        user = db.session.get_one(User, change.actor_id)
        kind = AccountEventKind.BULK_UNDONE if undone else AccountEventKind.BULK_CHANGED
        account_log.record(
            user=user, kind=kind, actor=user.actor, action=change.action, tickets=number
        )
    db.session.flush()


def _tickets(actor: Actor, change: BulkChange, ids: list[int]) -> dict[int, Ticket]:
    """Those that the actor may see, locked, by id; what an undo takes out of the trash as well."""
    undoing = change.state == BulkState.UNDOING
    found = ticket_queries.find_changed(ids) if undoing else ticket_queries.find_visible(actor, ids)
    if undoing and change.action == BulkAction.TRASH:
        found += trash.find_many(actor, ids)
    return {ticket.id: ticket for ticket in found}


_Step = Callable[[BulkChangeTicket, Ticket], _Result]


def _settle(change: BulkChange, row: BulkChangeTicket, ticket: Ticket | None, step: _Step) -> None:
    undoing = change.state == BulkState.UNDOING
    failed = TicketState.KEPT if undoing else TicketState.LEFT
    if ticket is None:
        result = _Result(failed, BulkReason.TRASHED)
    else:
        # What is no ticket's fault (a lock that another holds) is tried again with its batch.
        result = attempt(
            "ticket of a bulk change",
            lambda _id: step(row, ticket),
            row.ticket_id,
            unless=(OperationalError,),
        ) or _Result(failed, BulkReason.FAILED)
    row.state, row.reason = result.state, result.reason
    if not undoing:
        row.answer_id = result.answer_id
        row.version = ticket.version if ticket and result.state == TicketState.CHANGED else None
    setattr(change, result.state, getattr(change, result.state) + 1)


def _changing(actor: Actor, change: BulkChange) -> _Step:
    action = BulkAction(change.action)
    try:
        verb = verb_of(actor, action, change.value)
    except DomainError as error:
        reason = _reason(error)
        return lambda _row, _ticket: _Result(TicketState.LEFT, reason)
    return partial(_change, action, verb)


def _change(action: BulkAction, verb: Verb, row: BulkChangeTicket, ticket: Ticket) -> _Result:
    if ticket.version != row.seen_version:
        return _Result(TicketState.LEFT, BulkReason.CHANGED)
    if ticket.is_closed and action is not BulkAction.TRASH:
        return _Result(TicketState.LEFT, BulkReason.CLOSED)
    before = bulk_snapshots.take(ticket, with_tags=action in TAGGED)
    try:
        with counts.together(), db.session.begin_nested():
            answer_id = verb(ticket)
    except DomainError as error:
        return _Result(TicketState.LEFT, _reason(error))
    if ticket.version == row.seen_version and answer_id is None:
        return _Result(TicketState.SAME)
    row.before = before
    return _Result(TicketState.CHANGED, answer_id=answer_id)


def _give_back(actor: Actor, row: BulkChangeTicket, ticket: Ticket) -> _Result:
    if _has_answered(actor, row, ticket):
        return _Result(TicketState.KEPT, BulkReason.ANSWERED)
    if ticket.version != row.version:
        return _Result(TicketState.KEPT, BulkReason.CHANGED)
    try:
        with counts.together(), db.session.begin_nested():
            bulk_snapshots.give_back(actor=actor, ticket=ticket, before=row.before)
    except DomainError as error:
        return _Result(TicketState.KEPT, _reason(error))
    return _Result(TicketState.UNDONE)


def _has_answered(actor: Actor, row: BulkChangeTicket, ticket: Ticket) -> bool:
    """Whether its answer has left. One that waits is thrown away."""
    if row.answer_id is None:
        return False
    if scheduled.withdraw(actor=actor, ticket=ticket, scheduled_id=row.answer_id):
        return False
    # What has left is a comment, and another version. Else its author has taken it back.
    return row.answer_id == 0 or ticket.version != row.version


def _reason(error: DomainError) -> BulkReason:
    if isinstance(error, Invalid):
        is_gone = {"assignee", "department", "type"} & error.details.keys()
        return BulkReason.OUTDATED if is_gone else BulkReason.REFUSED
    return _REASONS.get(type(error), BulkReason.REFUSED)


def verb_of(actor: Actor, action: BulkAction, value: Any) -> Verb:
    """Does the action to a ticket; the value as it is kept. Raises NotFound, MacroOutdated."""
    match action:
        case BulkAction.ASSIGN:
            assignee = None if value is None else db.session.get(User, value)
            if value is not None and assignee is None:
                raise NotFound
            return _silent(tickets.assign, actor=actor, assignee=assignee)
        case BulkAction.STATUS:
            return _silent(tickets.set_status, actor=actor, status=TicketStatus(value))
        case BulkAction.PRIORITY:
            return _silent(tickets.set_priority, actor=actor, priority=Priority(value))
        case BulkAction.TAG:
            return lambda ticket: _add_tag(actor, ticket, value)
        case BulkAction.TRASH:
            return _silent(tickets.delete, actor=actor)
        case BulkAction.MACRO:
            return macros.frozen_verb(actor, value)
        case BulkAction.TYPE:
            return _silent(tickets.set_type, actor=actor, type_=value)
        case BulkAction.DEPARTMENT:
            return _silent(tickets.set_department, actor=actor, name=value)
        case BulkAction.TAGS:
            return _silent(tickets.set_tags, actor=actor, names=value)


def _silent(verb: Callable[..., bool], **arguments: Any) -> Verb:
    """A verb that answers nobody."""

    def do(ticket: Ticket) -> None:
        verb(ticket=ticket, **arguments)

    return do


def _add_tag(actor: Actor, ticket: Ticket, name: str) -> None:
    tickets.set_tags(actor=actor, ticket=ticket, names=[*tags.names_of(ticket), name])
