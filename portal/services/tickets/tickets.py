"""Filing, changing, deleting and restoring tickets."""

from collections.abc import Sequence

from portal import clock
from portal.errors import Invalid, TicketClosed
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.tickets import Channel, EventKind, Priority, Ticket, TicketStatus
from portal.security import permissions
from portal.services.delivery import ticket_mails
from portal.services.tickets import changes, comments, counts, events, search, tags
from portal.services.tickets.attachments import Upload

MAX_SUBJECT = 250


def file(
    *,
    actor: Actor,
    subject: str,
    message: str,
    priority: Priority = Priority.MEDIUM,
    channel: Channel = Channel.PAGE,
    uploads: Sequence[Upload] = (),
) -> Ticket:
    """File a new ticket with its first comment. `subject` and `message` are cleaned text.

    Raises Forbidden for viewers, Invalid for an empty or too long text.
    """
    permissions.require(permissions.can_file(actor))
    ticket = _added(actor, subject, priority, channel)
    comment = comments.add(
        actor=actor, ticket=ticket, message=message, internal=False, uploads=uploads
    )
    counts.move(None, counts.count_key(ticket))
    search.index_ticket(ticket, [subject, message, *(upload.filename for upload in uploads)])
    event = events.record(actor=actor, ticket=ticket, kind=EventKind.FILED, comment=comment)
    ticket_mails.ticket_filed(actor=actor, event=event, ticket=ticket)
    return ticket


def _added(actor: Actor, subject: str, priority: Priority, channel: Channel) -> Ticket:
    _check_subject(subject)
    moment = clock.now()
    ticket = Ticket(
        organization_id=actor.organization_id,
        requester_id=actor.id,
        subject=subject,
        status=TicketStatus.NEW,
        priority=priority,
        version=1,
        language=actor.locale,
        channel=channel,
        created_at=moment,
        updated_at=moment,
    )
    db.session.add(ticket)
    db.session.flush()  # the comment needs the ticket's id
    return ticket


def set_status(*, actor: Actor, ticket: Ticket, status: TicketStatus) -> bool:
    """Set the status; returns whether it changed. Raises TicketClosed."""
    permissions.require(permissions.can_set_status(actor, ticket, status))
    if ticket.status == status:
        return False
    _require_unclosed(ticket)
    return changes.set_status(actor=actor, ticket=ticket, status=status)


def set_priority(*, actor: Actor, ticket: Ticket, priority: Priority) -> bool:
    """Set the priority; returns whether it changed. Raises TicketClosed."""
    permissions.require(permissions.can_triage(actor))
    if ticket.priority == priority:
        return False
    _require_unclosed(ticket)
    changes.set_value(actor=actor, ticket=ticket, kind=EventKind.PRIORITY, value=int(priority))
    return True


def assign(*, actor: Actor, ticket: Ticket, assignee: User | None) -> bool:
    """Set the assignee (None: nobody); returns whether it changed.

    Raises TicketClosed, and Invalid when the assignee is no active member of staff.
    """
    permissions.require(permissions.can_triage(actor))
    new_id = assignee.id if assignee else None
    if ticket.assignee_id == new_id:
        return False
    _require_unclosed(ticket)
    if assignee is not None and not assignee.is_assignable:
        raise Invalid(assignee="not_staff")
    event = changes.set_value(
        actor=actor,
        ticket=ticket,
        kind=EventKind.ASSIGNEE,
        value=new_id,
        name=assignee.name if assignee else None,
    )
    if assignee is not None:
        ticket_mails.ticket_assigned(actor=actor, event=event, ticket=ticket)
    return True


def set_tags(*, actor: Actor, ticket: Ticket, names: Sequence[str]) -> bool:
    """Set the tags; returns whether they changed. Raises TicketClosed."""
    permissions.require(permissions.can_triage(actor))
    wanted = tags.clean_names(names)
    before = tags.names_of(ticket)
    if wanted == before:
        return False
    _require_unclosed(ticket)
    tags.replace(ticket=ticket, names=wanted)
    changes.bump_version(ticket, EventKind.TAGS)
    events.record(
        actor=actor,
        ticket=ticket,
        kind=EventKind.TAGS,
        data={"from": before, "to": wanted},
    )
    return True


def set_subject(*, actor: Actor, ticket: Ticket, subject: str) -> bool:
    """Set the subject (cleaned text); returns whether it changed. Raises TicketClosed."""
    permissions.require(permissions.can_triage(actor))
    if ticket.subject == subject:
        return False
    _require_unclosed(ticket)
    _check_subject(subject)
    changes.set_value(actor=actor, ticket=ticket, kind=EventKind.SUBJECT, value=subject)
    search.index_subject(ticket)
    return True


def delete(*, actor: Actor, ticket: Ticket) -> bool:
    """Move the ticket into the trash, out of all lists, counts and search.

    Returns whether it changed. `restore` brings it back unchanged.
    """
    permissions.require(permissions.can_delete(actor))
    if ticket.deleted_at is not None:
        return False
    before = counts.count_key(ticket)
    ticket.deleted_at = clock.now()
    changes.bump_version(ticket, EventKind.DELETED)
    counts.move(before, None)
    events.record(actor=actor, ticket=ticket, kind=EventKind.DELETED)
    return True


def restore(*, actor: Actor, ticket: Ticket) -> bool:
    """Take the ticket out of the trash; returns whether it was in it."""
    permissions.require(permissions.can_delete(actor))
    if ticket.deleted_at is None:
        return False
    ticket.deleted_at = None
    changes.bump_version(ticket, EventKind.RESTORED)
    counts.move(None, counts.count_key(ticket))
    events.record(actor=actor, ticket=ticket, kind=EventKind.RESTORED)
    return True


def _require_unclosed(ticket: Ticket) -> None:
    if ticket.is_closed:
        raise TicketClosed


def _check_subject(subject: str) -> None:
    if not subject:
        raise Invalid(subject="required")
    if len(subject) > MAX_SUBJECT:
        raise Invalid(subject="too_long")
