"""Plain values for the templates of a ticket."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import url_for
from markupsafe import Markup

from portal import clock, i18n
from portal.extensions import setting
from portal.i18n import language_name
from portal.models.organizations.organization import format_id
from portal.models.people import Actor, Role
from portal.models.people.person import Person, name_of
from portal.models.people.user import format_id as format_user
from portal.models.tickets import Ticket, TicketStatus
from portal.queries.assistance import wanted
from portal.queries.paging import AnyRow
from portal.queries.people import users
from portal.queries.tickets import participants, timeline
from portal.queries.tickets.timeline import TimelineRow
from portal.security import permissions
from portal.services.tickets import mentions
from portal.tickets import mail_lines
from portal.tickets.mail_lines import Entry, MailLine
from portal.tickets.mailed import MailFrame, mailed
from portal.web.templating.fragment_cache import cached_include
from portal.web.templating.labels import TYPE_LABELS, type_choices


class TicketView(NamedTuple):
    """A ticket as its page shows it to one reader."""

    id: int
    number: str
    url: str
    subject: str
    status: str
    priority: int
    type: str | None
    department: str | None
    language: str | None
    channel: str | None
    # Of a ticket that began with a mail: its mailbox, and how it came; for staff.
    came_to: str
    created_at: datetime
    updated_at: datetime
    requester: Person
    assignee: Person | None
    organization_name: str
    organization_number: str
    tags: tuple[str, ...]
    rating: str | None
    rating_comment: str | None
    external_number: str | None
    # Since when the customer waits, and how long that is; for staff.
    waiting_since: datetime | None
    waits: str


class AllowedActions(NamedTuple):
    """Which controls a reader gets. The services check permissions again."""

    comment: bool
    note: bool
    status: bool
    assign: bool
    priority: bool
    type: bool
    tags: bool
    close: bool
    reopen: bool
    rate: bool
    trash: bool
    file: bool


class AttachmentLink(NamedTuple):
    """`width` and `height` are those of its thumbnail, 0 while there is none."""

    url: str
    filename: str
    size: int
    width: int = 0
    height: int = 0


class TimelineEntry(NamedTuple):
    """A comment (`html`; as written at `source_url`) or a change (`text`) of a ticket.

    `quote_url` is the composer with the comment as a quotation, for whoever may write.
    """

    id: int
    is_comment: bool
    created_at: datetime
    author_name: str
    # The public id, for whoever may see the person's page.
    author_number: str = ""
    by_staff: bool = False
    internal: bool = False
    html: Markup | str = ""
    source_url: str = ""
    quote_url: str = ""
    # Of a comment that came by mail: what was cut from it, its journey for administrators, what is
    # to be known of it, the page with it as it was sent, and a frame with that for who wants it.
    by_mail: bool = False
    automatic: bool = False
    # Addresses in copy whom staff may let take part.
    in_copy: tuple[str, ...] = ()
    rest: str = ""
    is_rest_cut: bool = False
    mail_url: str = ""
    remarks: tuple[str, ...] = ()
    sent_url: str = ""
    frame: MailFrame | None = None
    text: str = ""
    attachments: tuple[AttachmentLink, ...] = ()
    mails: tuple[MailLine, ...] = ()
    # How long ago it was, while it is less than a day.
    ago: str = ""
    # Where the page opens; a line above it; the name of a day that begins; changes folded to one.
    is_anchor: bool = False
    # The first comment of a participant.
    is_new_voice: bool = False
    is_line: bool = False
    day: str = ""
    changes: tuple["TimelineEntry", ...] = ()


def ticket_page(actor: Actor, ticket: Ticket, head: AnyRow) -> dict[str, Any]:
    """The context of `tickets/show.html` and its fragments, without form and conversation.

    `head` is the row of `queries.tickets.tickets.details`.
    """
    shown, may = _ticket_view(actor, ticket, head), _allowed_actions(actor, ticket)
    return {
        "ticket": shown,
        "properties": cached_include(
            "tickets/_properties.html",
            ticket=shown,
            may=may,
            assignees=_assignees(shown.assignee) if actor.is_staff else (),
            me=actor.id,
            staff=actor.is_staff,
            departments=_departments(ticket) if may.priority else (),
            type=str(TYPE_LABELS.get(ticket.type, ticket.type)) if ticket.type else "",
            types=type_choices(ticket.type) if may.type else (),
        ),
        "details": cached_include(
            "tickets/_details.html",
            ticket=shown,
            staff=actor.is_staff,
            own=actor.id == ticket.requester_id,
        ),
        "may": may,
    }


def suggestions_url(actor: Actor, ticket: Ticket) -> str:
    """The address of what is suggested to `actor`; empty where nothing is."""
    if not (wanted.is_shown() and permissions.can_triage(actor)):
        return ""
    return url_for("tickets.suggestions_of", number=ticket.number)


def _ticket_view(actor: Actor, ticket: Ticket, head: AnyRow) -> TicketView:
    waiting_since = ticket.waiting_since if actor.is_staff else None
    return TicketView(
        id=ticket.id,
        number=ticket.number,
        url=url_for("tickets.show", number=ticket.number),
        subject=ticket.subject,
        status=ticket.status,
        priority=ticket.priority,
        type=ticket.type,
        department=ticket.department,
        language=ticket.language and language_name(ticket.language),
        channel=ticket.channel if actor.is_staff else None,
        came_to=mail_lines.came_to(actor, ticket),
        created_at=ticket.created_at,
        updated_at=ticket.updated_at_for(staff=actor.is_staff),
        requester=Person(ticket.requester_id, name_of(head, "requester_"), head.requester_email),
        assignee=_assignee(ticket, head),
        organization_name=head.organization_name,
        organization_number=format_id(ticket.organization_id),
        tags=tuple(sorted((head.tags or "").split())) if actor.is_staff else (),
        rating=ticket.rating,
        rating_comment=ticket.rating_comment,
        external_number=ticket.external_number,
        waiting_since=waiting_since,
        waits=i18n.ago(waiting_since, clock.now()) if waiting_since else "",
    )


def newer_comments(actor: Actor, ticket: Ticket, since_version: int) -> list[TimelineEntry]:
    """Others' comments since that version, oldest first."""
    rows = timeline.newer_comments(actor, ticket.id, since_version)
    return comment_entries(actor, ticket, rows, {}, has_files=True)[::-1]


def _assignee(ticket: Ticket, head: AnyRow) -> Person | None:
    if ticket.assignee_id is None:
        return None
    return Person(ticket.assignee_id, name_of(head, "assignee_"), head.assignee_email)


def _assignees(assignee: Person | None) -> tuple[tuple[int, str], ...]:
    """(id, name) of possible assignees, and of the present one even after leaving the staff."""
    able = users.assignees()
    if assignee is None or assignee.id in dict(able):
        return able
    return ((assignee.id, assignee.name), *able)


def _departments(ticket: Ticket) -> tuple[str, ...]:
    """Of the list, and the ticket's own even when it is gone."""
    names: tuple[str, ...] = setting("DEPARTMENTS")
    own = ticket.department
    return (*names, own) if own and own not in names else names


def _allowed_actions(actor: Actor, ticket: Ticket) -> AllowedActions:
    answer = participants.may_answer(actor, ticket) and not ticket.is_closed
    triage = permissions.can_triage(actor) and not ticket.is_closed
    may_settle = permissions.can_set_status(actor, ticket, TicketStatus.SOLVED)
    settles = may_settle and not actor.is_staff and not ticket.is_closed
    return AllowedActions(
        comment=answer,
        note=permissions.can_note(actor) and not ticket.is_closed,
        status=triage,
        assign=triage,
        priority=triage,
        type=triage,
        tags=triage,
        close=settles and not ticket.is_done,
        reopen=settles and ticket.status == TicketStatus.SOLVED,
        rate=ticket.is_done and permissions.can_rate(actor, ticket),
        trash=permissions.can_delete(actor),
        file=permissions.can_file(actor),
    )


def author_number(actor: Actor, row: TimelineRow) -> str:
    """The public id, for whoever may see the person's page; else empty."""
    return format_user(row.actor_id) if actor.is_staff and row.actor_id is not None else ""


def comment_entries(
    actor: Actor,
    ticket: Ticket,
    rows: Sequence[TimelineRow],
    mails: Mapping[Entry, tuple[MailLine, ...]],
    *,
    has_files: bool,
) -> list[TimelineEntry]:
    files = timeline.attachments(ticket.id, [row.id for row in rows]) if has_files else {}
    url = url_for("tickets.show", number=ticket.number)
    quotable = participants.may_answer(actor, ticket) and not ticket.is_closed
    notes = iter(mentions.mark(row.html for row in rows if row.internal))
    return [
        TimelineEntry(
            id=row.id,
            is_comment=True,
            created_at=row.created_at,
            author_name=name_of(row),
            author_number=author_number(actor, row),
            by_staff=row.role != Role.CUSTOMER,
            internal=row.internal,
            # Sanitized when it was written.
            html=Markup(next(notes) if row.internal else row.html),  # noqa: S704
            source_url=f"{url}/messages/{row.id}",
            quote_url=f"{url}?quote={row.id}#message" if quotable else "",
            attachments=tuple(_file(ticket, file) for file in files.get(row.id, ())),
            mails=mails.get((True, row.id), ()),
            **mailed(actor, ticket, row),
        )
        for row in rows
    ]


def _file(ticket: Ticket, file: AnyRow) -> AttachmentLink:
    url = url_for("tickets.download", number=ticket.number, attachment_id=file.id)
    return AttachmentLink(url, file.filename, file.size, file.width or 0, file.height or 0)
