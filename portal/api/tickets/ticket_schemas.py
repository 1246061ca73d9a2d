"""What `/tickets` takes."""

from portal.api.fields import Choice, Items, Line, Schema, Text, about
from portal.api.schemas import PageQuery
from portal.models.tickets import Channel, Priority, TicketStatus
from portal.models.tickets.tag import MAX_LENGTH as MAX_TAG
from portal.queries.tickets.ticket_filter import MAX_QUERY, Sort
from portal.services.tickets import comments
from portal.services.tickets import tickets as services
from portal.services.tickets.tags import MAX_TAGS

_WORDS = [priority.word for priority in Priority]


class TicketQuery(PageQuery):
    """Which tickets, in which order."""

    status = Choice(TicketStatus, metadata=about("Those of that status."))
    priority = Choice(_WORDS, metadata=about("Those of that priority."))
    channel = Choice(Channel, metadata=about("Those that came by that way. For staff."))
    assignee = Line(max_length=30, metadata=about("`me`, `none` or a user's id.", "me"))
    requester = Line(max_length=30, metadata=about("`me` or a user's id.", "USR000001"))
    organization = Line(max_length=30, metadata=about("An organization's id.", "ORG000001"))
    tag = Line(max_length=MAX_TAG, metadata=about("Those that carry it. For staff.", "billing"))
    q = Line(
        max_length=MAX_QUERY,
        metadata=about("Words, a number, or (for staff) a requester's address.", "hot water"),
    )
    sort = Choice(
        Sort,
        metadata=about(
            "Default `-updated_at`. With `q` or `tag` there is `-created_at` alone; with "
            "`requester` or `organization` the two by `updated_at`; `-priority` not with "
            "`assignee` unless `status` is one that is not done."
        ),
    )


class NewTicketSchema(Schema):
    """What is asked for."""

    subject = Line(
        max_length=services.MAX_SUBJECT,
        needed=True,
        required=True,
        metadata=about("One line.", "No hot water"),
    )
    message = Text(
        max_length=comments.MAX_MESSAGE,
        needed=True,
        required=True,
        metadata=about("Markdown.", "Since this morning, on the second floor."),
    )
    priority = Choice(_WORDS, metadata=about("Default: medium."))
    channel = Choice(Channel, metadata=about("By which way it came. For staff; default: api."))
    tags = Items(
        Line(max_length=MAX_TAG, needed=True),
        most=MAX_TAGS,
        metadata=about("For staff.", ["heating"]),
    )


class TicketChangeSchema(Schema):
    """What is to be another. Customers may close and reopen; the rest is for staff."""

    subject = Line(max_length=services.MAX_SUBJECT, needed=True, metadata=about("One line."))
    status = Choice(TicketStatus, metadata=about("Customers: solved, closed, open."))
    priority = Choice(_WORDS, metadata=about("How urgent it is."))
    assignee = Line(
        max_length=30,
        needed=True,
        allow_none=True,
        metadata=about("`me`, a user's id, or for nobody `none` or null.", "me"),
    )
    tags = Items(
        Line(max_length=MAX_TAG, needed=True),
        most=MAX_TAGS,
        metadata=about("Exactly these.", ["heating"]),
    )


class AssigneeSchema(Schema):
    """Who is to have it."""

    assignee = Line(
        max_length=30,
        needed=True,
        required=True,
        allow_none=True,
        metadata=about("`me`, a user's id, or for nobody `none` or null.", "me"),
    )


class StatusSchema(Schema):
    """What it is to be."""

    status = Choice(TicketStatus, required=True, metadata=about("The new status.", "solved"))
