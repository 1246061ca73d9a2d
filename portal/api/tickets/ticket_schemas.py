"""What `/tickets` takes."""

from typing import Any

import marshmallow as ma

from portal.api.fields import (
    Choice,
    Email,
    Flag,
    Id,
    IdOr,
    Items,
    Line,
    Moment,
    Schema,
    Text,
    about,
    as_field_error,
)
from portal.api.schemas import (
    PageQuery,
    cursor_field,
    organization_ref,
    person_ref,
    product_ref,
)
from portal.api.tickets.search import SEARCH
from portal.models.tickets import Channel, Priority, TicketStatus
from portal.models.tickets.tag import MAX_LENGTH as MAX_TAG
from portal.models.tickets.ticket import MAX_DEPARTMENT
from portal.models.tickets.ticket_type import MAX_TYPE
from portal.queries.tickets.lists import ticket_list, ticket_since
from portal.queries.tickets.lists.ticket_filter import MAX_QUERY, ME, Sort, TicketFilter, View
from portal.services.people.profile import MAX_NAME
from portal.services.tickets import comments
from portal.services.tickets import tickets as services
from portal.services.tickets.products import MAX_PRODUCTS
from portal.services.tickets.tags import MAX_TAGS, clean_names

_SINCE = {"created_since", "updated_since"}
_NOT_WITH = "Not with `q`, `tag` and `product`."
_TYPE = "[a-z0-9-]+"
_LANGUAGE = "[a-z]{2,3}(-[a-z0-9]{1,4})?"
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


class _Products(Items):
    def __init__(self, description: str) -> None:
        metadata = about(description, ["PRD000001"])
        super().__init__(product_ref("A product's id."), most=MAX_PRODUCTS, metadata=metadata)


def _assignee(**kwargs: Any) -> Id:
    description = "`me`, a user's id, or for nobody `none` or null."
    return person_ref(description, "me", also="me|none", needed=True, allow_none=True, **kwargs)


class TicketQuery(PageQuery):
    """Which tickets, in which order."""

    cursor = cursor_field(most=3)

    status = Choice(TicketStatus, metadata=about("Those of that status."))
    priority = Choice(_WORDS, metadata=about("Those of that priority."))
    channel = Choice(Channel, metadata=about("Those that came by that way. For staff."))
    type = Id(max_length=MAX_TYPE, pattern=_TYPE, metadata=about("Those of that type.", "incident"))
    department = Line(
        max_length=MAX_DEPARTMENT,
        metadata=about("Those of that department, in the same letters.", "IT"),
    )
    language = Id(
        max_length=services.MAX_LANGUAGE,
        pattern=_LANGUAGE,
        metadata=about("Those in that language.", "en"),
    )
    assignee = person_ref("`me`, `none` or a user's id.", also="me|none")
    requester = person_ref("`me` or a user's id.")
    participant = Choice(
        [ME],
        metadata=about("`me`: those of others, in which a customer takes part; else own ones."),
    )
    organization = organization_ref("An organization's id.")
    tag = Line(max_length=MAX_TAG, metadata=about("Those that carry it. For staff.", "billing"))
    product = product_ref("Those that are about it.")
    q = Line(
        max_length=MAX_QUERY,
        metadata=about(SEARCH, "hot water", "status:open priority>=high -printer"),
    )
    created_since = Moment(
        metadata=about(f"Those filed then or later. {_NOT_WITH}", "2026-11-21T00:00:00Z")
    )
    updated_since = Moment(
        metadata=about(
            f"Those changed then or later: with `sort=updated_at` all that is new since the last "
            f"look, in its order. {_NOT_WITH}",
            "2026-11-21T00:00:00Z",
        )
    )
    sort = Choice(
        [sort for sort in Sort if sort is not Sort.WAITING],
        metadata=about(
            "Default `-updated_at`. With `tag` or `product` there is `-created_at` alone; with "
            "words in `q` that and `relevance`, the best of the newest matches first; with "
            "`requester`, `organization`, `type`, `department`, `language`, `created_since` or "
            "`updated_since` the two by `updated_at`; `-priority` not with "
            "`assignee` unless `status` is one that is not done."
        ),
    )

    @ma.validates_schema(skip_on_field_errors=False)
    def _fit_together(self, data: dict[str, Any], **_more: Any) -> None:
        since = data.keys() & _SINCE
        if not since and "sort" not in data and "cursor" not in data:
            return
        wanted = TicketFilter.from_args(data, view=View.ALL)
        if since and wanted.by_id:
            raise ma.ValidationError({name: ["not_together"] for name in since})
        if wanted.q:  # what it says depends on who asks: see `require_understood`
            return
        order = data.get("sort", wanted.order)
        if order != wanted.order or (since and order not in ticket_since.BY_TIME):
            raise ma.ValidationError("not_with_this", "sort")
        if wanted.cursor:
            with as_field_error("cursor"):
                ticket_list.parse_position(wanted.order, wanted.cursor)


class RequesterSchema(Schema):
    """Somebody by their address. Who has no account gets one without a password.

    They can set one by a link that they ask for; nothing is mailed for the account itself.
    """

    email = Email(required=True, metadata=about("", "ann@example.com"))
    name = Line(
        max_length=MAX_NAME, metadata=about("What to call them, if they are new.", "Ann Archer")
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
    requester = IdOr(
        person_ref("`me` or a user's id.", needed=True),
        RequesterSchema,
        metadata=about(
            "Whose ticket it is: `me`, a user's id, or who. For staff; default: the caller.",
            "USR000001",
        ),
    )
    assignee = _assignee()
    status = Choice(TicketStatus, metadata=about("For staff; default: new."))
    type = Id(
        max_length=MAX_TYPE,
        pattern=_TYPE,
        metadata=about("One of the desk's types, by its key. For staff.", "incident"),
    )
    department = Line(
        max_length=MAX_DEPARTMENT, metadata=about("Whom it concerns. For staff.", "IT")
    )
    language = Id(
        max_length=services.MAX_LANGUAGE,
        pattern=_LANGUAGE,
        metadata=about("What it is written in. For staff; default: the requester's.", "en"),
    )
    channel = Choice(Channel, metadata=about("By which way it came. For staff; default: api."))
    internal = Flag(
        metadata=about(
            "True: the message is a note among staff, and the requester is not told. For staff."
        )
    )
    tags = _Tags("For staff.")
    products = _Products("What it is about: products of the requester's organization.")


class TicketChangeSchema(Schema):
    """What is to be another. Customers close, reopen and name products; the rest is for staff."""

    subject = Line(max_length=services.MAX_SUBJECT, needed=True, metadata=about("One line."))
    status = Choice(TicketStatus, metadata=about("Customers: solved, closed, open."))
    priority = Choice(_WORDS, metadata=about("How urgent it is."))
    type = Id(
        max_length=MAX_TYPE,
        pattern=_TYPE,
        metadata=about("One of the desk's types, by its key. For staff.", "incident"),
    )
    department = Line(
        max_length=MAX_DEPARTMENT,
        metadata=about("One of the desk's departments; empty: none. For staff.", "IT"),
    )
    assignee = _assignee()
    tags = _Tags("Exactly these.")
    products = _Products("Exactly these, of those that one sees. Also for who may comment.")


class AssigneeSchema(Schema):
    """Who is to have it."""

    assignee = _assignee(required=True)


class StatusSchema(Schema):
    """What it is to be."""

    status = Choice(TicketStatus, required=True, metadata=about("The new status.", "solved"))
