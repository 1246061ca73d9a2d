"""What `/tickets` takes."""

from typing import Any

import marshmallow as ma

from portal.api.fields import Choice, Id, Items, Line, Schema, Text, about, as_field_error
from portal.api.schemas import PageQuery, cursor_field, organization_ref, person_ref
from portal.models.tickets import Channel, Priority, TicketStatus
from portal.models.tickets.tag import MAX_LENGTH as MAX_TAG
from portal.queries.tickets import ticket_list
from portal.queries.tickets.ticket_filter import MAX_QUERY, Sort, TicketFilter, View
from portal.services.tickets import comments
from portal.services.tickets import tickets as services
from portal.services.tickets.tags import MAX_TAGS, clean_names

_WORDS = [priority.word for priority in Priority]


class _Tags(Items):
    def __init__(self, description: str) -> None:
        tag = Line(max_length=MAX_TAG, needed=True)
        super().__init__(tag, most=MAX_TAGS, metadata=about(description, ["heating"]))

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        names = super()._deserialize(value, *args, **kwargs)
        with as_field_error("tags"):
            clean_names(map(str, names))  # of which a text may hold several
        return names


def _assignee(**kwargs: Any) -> Id:
    description = "`me`, a user's id, or for nobody `none` or null."
    return person_ref(description, "me", also="me|none", needed=True, allow_none=True, **kwargs)


class TicketQuery(PageQuery):
    """Which tickets, in which order."""

    cursor = cursor_field(numbers=3)

    status = Choice(TicketStatus, metadata=about("Those of that status."))
    priority = Choice(_WORDS, metadata=about("Those of that priority."))
    channel = Choice(Channel, metadata=about("Those that came by that way. For staff."))
    assignee = person_ref("`me`, `none` or a user's id.", also="me|none")
    requester = person_ref("`me` or a user's id.")
    organization = organization_ref("An organization's id.")
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

    @ma.validates_schema(skip_on_field_errors=False)
    def _fit_together(self, data: dict[str, Any], **_more: Any) -> None:
        if "sort" not in data and "cursor" not in data:
            return
        wanted = TicketFilter.from_args(data, view=View.ALL)
        if data.get("sort", wanted.order) != wanted.order:
            raise ma.ValidationError("not_with_this", "sort")
        if wanted.cursor:
            with as_field_error("cursor"):
                ticket_list.parse_position(wanted.order, wanted.cursor)


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
    tags = _Tags("For staff.")


class TicketChangeSchema(Schema):
    """What is to be another. Customers may close and reopen; the rest is for staff."""

    subject = Line(max_length=services.MAX_SUBJECT, needed=True, metadata=about("One line."))
    status = Choice(TicketStatus, metadata=about("Customers: solved, closed, open."))
    priority = Choice(_WORDS, metadata=about("How urgent it is."))
    assignee = _assignee()
    tags = _Tags("Exactly these.")


class AssigneeSchema(Schema):
    """Who is to have it."""

    assignee = _assignee(required=True)


class StatusSchema(Schema):
    """What it is to be."""

    status = Choice(TicketStatus, required=True, metadata=about("The new status.", "solved"))
