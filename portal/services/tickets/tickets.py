"""Filing, changing, deleting and restoring tickets."""

from collections.abc import Sequence
from typing import NotRequired, TypedDict, Unpack

from portal import clock
from portal.errors import AssigneeAway, Invalid, TicketClosed
from portal.extensions import db, setting
from portal.models.delivery import ReasonNotToSend
from portal.models.people import Actor, User
from portal.models.tickets import (
    Channel,
    Comment,
    EventKind,
    Priority,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from portal.queries.tickets import departments as department_queries
from portal.queries.tickets import ticket_types
from portal.security import permissions
from portal.services.delivery import ticket_mails
from portal.services.organizations import plans
from portal.services.tickets import (
    changes,
    comments,
    counts,
    departments,
    events,
    notifications,
    search,
    tags,
    unlearned,
)
from portal.services.tickets.attachments import Upload

MAX_SUBJECT = 250
MAX_LANGUAGE = 8


class Properties(TypedDict):
    """What else is known of a new ticket."""

    priority: NotRequired[Priority]
    channel: NotRequired[Channel]
    type: NotRequired[str | None]
    department: NotRequired[str | None]
    language: NotRequired[str]


@counts.together()
def file(
    *,
    actor: Actor,
    subject: str,
    message: str,
    uploads: Sequence[Upload] = (),
    no_receipt: ReasonNotToSend | None = None,
    **properties: Unpack[Properties],
) -> Ticket:
    """File a new ticket with its first comment. `subject` and `message` are cleaned text.

    `no_receipt`: why no receipt is mailed. Raises Forbidden for viewers, Invalid for an empty or
    too long text, PlanFull.
    """
    permissions.require(permissions.can_file(actor))
    if not actor.is_staff:
        plans.require_room_for_ticket(actor.organization_id)
    ticket = _added(actor, subject, properties)
    return _filed_with(actor, ticket, message, uploads, no_receipt=no_receipt)


@counts.together()
def file_for(
    *,
    actor: Actor,
    requester: User,
    subject: str,
    message: str,
    internal: bool = False,
    uploads: Sequence[Upload] = (),
    **properties: Unpack[Properties],
) -> Ticket:
    """File a ticket of `requester`, written down by staff, in the requester's organization.

    The first comment is the actor's; when it is `internal`, the requester is not told. Raises what
    `file` does, and Invalid for somebody who was erased.
    """
    permissions.require(permissions.can_triage(actor))
    if requester.is_erased:
        raise Invalid(requester="unknown")
    ticket = _added(requester.actor, subject, properties)
    if internal:
        ticket_mails.ticket_filed(
            event=_filed(actor, ticket, [subject], None), ticket=ticket, internal=True
        )
        comments.post(actor=actor, ticket=ticket, message=message, internal=True, uploads=uploads)
        _give_to_default(actor, ticket)
        return ticket
    return _filed_with(actor, ticket, message, uploads)


def _filed_with(
    actor: Actor,
    ticket: Ticket,
    message: str,
    uploads: Sequence[Upload],
    *,
    no_receipt: ReasonNotToSend | None = None,
) -> Ticket:
    """The ticket with its first comment, for all who see it."""
    comment = comments.add(
        actor=actor, ticket=ticket, message=message, internal=False, uploads=uploads
    )
    texts = [ticket.subject, message, *(upload.filename for upload in uploads)]
    event = _filed(actor, ticket, texts, comment)
    ticket_mails.ticket_filed(event=event, ticket=ticket, no_receipt=no_receipt)
    _give_to_default(actor, ticket)
    return ticket


def _filed(
    actor: Actor, ticket: Ticket, texts: Sequence[str], comment: Comment | None
) -> TicketEvent:
    counts.move(None, counts.count_key(ticket))
    author_id = comment.author_id if comment else ticket.requester_id
    search.index_ticket(ticket, texts, author_id=author_id)
    unlearned.note_new(ticket)
    return events.record(actor=actor, ticket=ticket, kind=EventKind.FILED, comment=comment)


def _added(requester: Actor, subject: str, properties: Properties) -> Ticket:
    _check_subject(subject)
    _check_type(properties.get("type"))
    moment = clock.now()
    usual: Properties = {
        "priority": Priority.MEDIUM,
        "channel": Channel.PAGE,
        "language": requester.locale,
    }
    ticket = Ticket(
        organization_id=requester.organization_id,
        requester_id=requester.id,
        subject=subject,
        status=TicketStatus.NEW,
        version=1,
        created_at=moment,
        updated_at=moment,
        waiting_since=moment,
        last_message_id=0,
        **usual | properties,
    )
    if ticket.department and ticket.department not in setting("DEPARTMENTS"):
        departments.add_missing([ticket.department])
    db.session.add(ticket)
    db.session.flush()  # the comment needs the ticket's id
    return ticket


def set_status(*, actor: Actor, ticket: Ticket, status: TicketStatus) -> bool:
    """Set the status; returns whether it changed. Raises TicketClosed."""
    permissions.require(permissions.can_set_status(actor, ticket, status))
    if ticket.status == status:
        return False
    _require_unclosed(ticket)
    event = changes.set_status(actor=actor, ticket=ticket, status=status)
    if event is not None:
        ticket_mails.ticket_solved(actor=actor, event=event, ticket=ticket)
    return event is not None


def set_priority(*, actor: Actor, ticket: Ticket, priority: Priority) -> bool:
    """Set the priority; returns whether it changed. Raises TicketClosed."""
    if not _differs(actor, ticket, ticket.priority, priority):
        return False
    changes.set_value(actor=actor, ticket=ticket, kind=EventKind.PRIORITY, value=int(priority))
    return True


def set_type(*, actor: Actor, ticket: Ticket, type_: str | None) -> bool:
    """Set the type by its key (None: none); returns whether it changed.

    Raises TicketClosed, and Invalid for a type that is not offered.
    """
    if not _differs(actor, ticket, ticket.type, type_):
        return False
    _check_type(type_)
    changes.set_value(actor=actor, ticket=ticket, kind=EventKind.TYPE, value=type_)
    return True


def set_department(*, actor: Actor, ticket: Ticket, name: str | None) -> bool:
    """Set the department (None: none); returns whether it changed.

    A ticket that nobody has goes to whoever gets new ones there. Raises TicketClosed, and Invalid
    for a department that there is not.
    """
    if not _differs(actor, ticket, ticket.department, name):
        return False
    if name is not None and name not in setting("DEPARTMENTS"):
        raise Invalid(department="unknown")
    changes.set_value(actor=actor, ticket=ticket, kind=EventKind.DEPARTMENT, value=name)
    _give_to_default(actor, ticket)
    notifications.forget_unseen(ticket)
    return True


def assign(*, actor: Actor, ticket: Ticket, assignee: User | None, again: bool = False) -> bool:
    """Set the assignee (None: nobody); returns whether it changed.

    Raises TicketClosed, Invalid when the assignee is no active member of staff, and AssigneeAway
    but for oneself, and for what was theirs before and is to be theirs `again`.
    """
    if not _differs(actor, ticket, ticket.assignee_id, assignee.id if assignee else None):
        return False
    if assignee is not None and not assignee.is_assignable:
        raise Invalid(assignee="not_staff")
    if assignee is not None and assignee.is_away and assignee.id != actor.id and not again:
        raise AssigneeAway
    _give(actor, ticket, assignee)
    notifications.forget_unseen(ticket)
    return True


def _give(actor: Actor, ticket: Ticket, assignee: User | None, **data: str) -> None:
    event = changes.set_value(
        actor=actor,
        ticket=ticket,
        kind=EventKind.ASSIGNEE,
        value=assignee.id if assignee else None,
        name=assignee.name if assignee else None,
        **data,
    )
    notifications.ticket_assigned(event=event, ticket=ticket)
    if assignee is not None:
        ticket_mails.ticket_assigned(actor=actor, event=event, ticket=ticket)


def _give_to_default(actor: Actor, ticket: Ticket) -> None:
    """To whoever gets new tickets of its department, if nobody has it."""
    if ticket.department is None or ticket.assignee_id is not None or ticket.is_done:
        return
    department = department_queries.by_name(ticket.department)
    user_id = department.default_assignee_id if department else None
    default = db.session.get(User, user_id) if user_id else None
    if default is not None and default.is_assignable and not default.is_away:
        _give(actor, ticket, default, department=ticket.department)


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
    if not _differs(actor, ticket, ticket.subject, subject):
        return False
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
    notifications.ticket_deleted(ticket)
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


def _differs(actor: Actor, ticket: Ticket, before: object, wanted: object) -> bool:
    """Whether there is something for staff to change. Raises Forbidden, TicketClosed."""
    permissions.require(permissions.can_triage(actor))
    if before == wanted:
        return False
    _require_unclosed(ticket)
    return True


def _check_type(key: str | None) -> None:
    if key is not None and not ticket_types.is_offered(key):
        raise Invalid(type="unknown")


def _require_unclosed(ticket: Ticket) -> None:
    if ticket.is_closed:
        raise TicketClosed


def _check_subject(subject: str) -> None:
    if not subject:
        raise Invalid(subject="required")
    if len(subject) > MAX_SUBJECT:
        raise Invalid(subject="too_long")
