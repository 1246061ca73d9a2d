"""Sets properties of new tickets by what was learned, where it has been right often enough."""

from typing import Any

from sqlalchemy import delete, select, update

from portal import clock
from portal.bulk_statements import changed_one, execute_bulk
from portal.errors import NotFound, Stale
from portal.extensions import db, setting
from portal.models.assistance import AssistanceAct, LearnedLabel, Target, UnassistedTicket
from portal.models.people import Actor
from portal.models.tickets import Priority, Ticket, TicketStatus
from portal.queries.assistance import suggestions, waiting, wanted
from portal.queries.assistance.suggestions import Suggestion
from portal.security import permissions
from portal.services.tickets import automatic, counts, tags, tickets

# What the events say has made the change.
ASSISTANCE = "assistance"


@counts.together()
def act(ticket_id: int) -> None:
    """Look at a new ticket once, whoever asks how often."""
    noted = delete(UnassistedTicket).where(UnassistedTicket.ticket_id == ticket_id)
    if not changed_one(noted):
        return
    query = select(Ticket).where(Ticket.id == ticket_id).with_for_update()
    ticket = db.session.scalar(query.execution_options(populate_existing=True))
    if ticket is None or ticket.deleted_at is not None or ticket.status != TicketStatus.NEW:
        return
    _set_what_is_sure(ticket)


def _set_what_is_sure(ticket: Ticket) -> None:
    targets = [target for target in wanted.acted_targets() if _is_unset(ticket, target)]
    percent = setting("ASSISTANCE_ACTS_FROM")
    found = suggestions.to_act_upon(ticket, targets, percent=percent)
    for target in targets:
        chosen = [(one, rate.percent) for one, rate in found if one.target is target]
        if chosen:
            _set(ticket, target, [one for one, _rate in chosen], min(rate for _one, rate in chosen))


def leave_old() -> None:
    """Leave those alone that have waited for too long."""
    old = UnassistedTicket.created_at < clock.now() - waiting.TOO_LATE
    execute_bulk(delete(UnassistedTicket).where(old))


def undo(*, actor: Actor, ticket: Ticket, target: Target) -> None:
    """Set it back, and count it against such suggestions.

    Raises NotFound when there is nothing to undo, Stale when it was changed since.
    """
    permissions.require(permissions.can_triage(actor))
    done = db.session.get(AssistanceAct, (ticket.id, target), with_for_update=True)
    if done is None or done.undone_at is not None:
        raise NotFound
    if not holds(ticket, target, done.value):
        raise Stale
    done.undone_at = clock.now()
    _count(target, _names(done.value), undone=1)
    _give_back(actor, ticket, done)


def holds(ticket: Ticket, target: Target, value: Any) -> bool:
    """Whether the ticket still has what was set."""
    match target:
        case Target.TYPE:
            return bool(ticket.type == value)
        case Target.DEPARTMENT:
            return bool(ticket.department == value)
        case Target.PRIORITY:
            return bool(Priority(ticket.priority).word == value)
        case Target.TAGS:
            return set(value) <= set(tags.names_of(ticket))


def _is_unset(ticket: Ticket, target: Target) -> bool:
    """Whether nobody has chosen: an ordinary priority is what nobody had to say."""
    match target:
        case Target.TYPE:
            return ticket.type is None
        case Target.DEPARTMENT:
            return ticket.department is None
        case Target.PRIORITY:
            return ticket.priority == Priority.MEDIUM
        case Target.TAGS:
            return not tags.names_of(ticket)


def _set(ticket: Ticket, target: Target, chosen: list[Suggestion], percent: int) -> None:
    names = [one.value for one in chosen]
    value: Any = names if target is Target.TAGS else names[0]
    before: Any = None
    assignee_id = None
    match target:
        case Target.TYPE:
            automatic.set_type(ticket=ticket, key=value, by=ASSISTANCE)
        case Target.DEPARTMENT:
            assignee_id = automatic.set_department(ticket=ticket, name=value, by=ASSISTANCE)
        case Target.PRIORITY:
            if holds(ticket, target, value):
                return
            before = Priority(ticket.priority).word
            priority = Priority.from_word(value)
            automatic.set_priority(ticket=ticket, priority=priority, by=ASSISTANCE)
        case Target.TAGS:
            automatic.add_tags(ticket=ticket, names=names, by=ASSISTANCE)
    _count(target, names, acts=1)
    db.session.add(
        AssistanceAct(
            ticket_id=ticket.id,
            target=target,
            value=value,
            before=before,
            assignee_id=assignee_id,
            percent=percent,
            created_at=clock.now(),
        )
    )
    db.session.flush()


def _give_back(actor: Actor, ticket: Ticket, done: AssistanceAct) -> None:
    match Target(done.target):
        case Target.TYPE:
            tickets.set_type(actor=actor, ticket=ticket, type_=None)
        case Target.DEPARTMENT:
            tickets.set_department(actor=actor, ticket=ticket, name=None)
            if done.assignee_id and ticket.assignee_id == done.assignee_id:
                tickets.assign(actor=actor, ticket=ticket, assignee=None)
        case Target.PRIORITY:
            before = Priority.from_word(done.before)
            tickets.set_priority(actor=actor, ticket=ticket, priority=before)
        case Target.TAGS:
            left = [name for name in tags.names_of(ticket) if name not in done.value]
            tickets.set_tags(actor=actor, ticket=ticket, names=left)


def _count(target: Target, names: list[str], **added: int) -> None:
    rows = (LearnedLabel.target == target, LearnedLabel.name.in_(names))
    sums = {name: getattr(LearnedLabel, name) + number for name, number in added.items()}
    execute_bulk(update(LearnedLabel).where(*rows).values(sums))


def _names(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
