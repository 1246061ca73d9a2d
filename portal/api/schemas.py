"""Schemas of objects that several endpoints answer."""

from typing import Any, cast

from marshmallow import fields

from portal.api.fields import Answer, Id, Number, Schema, about, moment
from portal.models.people import OrganizationRole, Role
from portal.models.tickets import Channel, Priority, TicketStatus

# Longer than any id of ours, and than any cursor.
MAX_ID, MAX_CURSOR = 30, 100


class PersonSchema(Answer):
    """Somebody, as others see them."""

    id = fields.String(metadata=about("The person's id.", "USR000001"))
    name = fields.String(metadata=about("What they are called.", "Ann Archer"))


class OrganizationRefSchema(Answer):
    """The organization that something belongs to."""

    id = fields.String(metadata=about("The organization's id.", "ORG000001"))
    name = fields.String(metadata=about("What it is called.", "Acme"))


class ProductRefSchema(Answer):
    """A product that something is about."""

    id = fields.String(metadata=about("The product's id.", "PRD000001"))
    name = fields.String(metadata=about("What the marketplace calls it.", "Blue mug"))


class UserSchema(Answer):
    """An account."""

    id = fields.String(metadata=about("The account's id.", "USR000001"))
    email = fields.String(metadata={"format": "email", **about("Address.", "ann@example.com")})
    username = fields.String(
        allow_none=True, metadata=about("A name to sign things with.", "ann.archer")
    )
    first_name = fields.String(metadata=about("May be empty.", "Ann"))
    last_name = fields.String(metadata=about("May be empty.", "Archer"))
    phone = fields.String(allow_none=True, metadata=about("In E.164.", "+12025550143"))
    inn = fields.String(allow_none=True, metadata=about("Russian taxpayer number.", "7707083893"))
    role = fields.String(
        metadata={"enum": [str(r) for r in Role], **about("What they may do on the desk.")}
    )
    organization = fields.Nested(OrganizationRefSchema)
    organization_role = fields.String(
        metadata={
            "enum": [str(r) for r in OrganizationRole],
            **about("What they may do in their organization."),
        }
    )
    is_active = fields.Boolean(metadata=about("False: the account can do nothing."))
    is_verified = fields.Boolean(metadata=about("Whether the address has been confirmed."))
    locale = fields.String(metadata=about("The language of pages and mails.", "en"))
    timezone = fields.String(metadata=about("The zone of the times shown.", "Europe/Berlin"))
    created_at = moment("When the account was opened.")


class TicketSchema(Answer):
    """A ticket, without what was said on it."""

    number = fields.String(metadata=about("How it is called everywhere.", "REQ000001"))
    subject = fields.String(metadata=about("One line.", "No hot water"))
    status = fields.String(
        metadata={
            "enum": [str(status) for status in TicketStatus],
            **about("`pending` waits for the customer, `on_hold` for others; `closed` is final."),
        }
    )
    priority = fields.String(
        metadata={"enum": [p.word for p in Priority], **about("How urgent it is.")}
    )
    type = fields.String(
        allow_none=True,
        metadata=about("What kind of matter it is: one of the desk's types.", "incident"),
    )
    department = fields.String(allow_none=True, metadata=about("Whom it concerns.", "IT"))
    language = fields.String(allow_none=True, metadata=about("What it is written in.", "en"))
    channel = fields.String(
        allow_none=True,
        metadata={
            "enum": [*map(str, Channel), None],
            **about("By which way it came; null when a customer asks."),
        },
    )
    tags = fields.List(fields.String(), metadata=about("For staff; always empty for others."))
    products = fields.List(
        fields.Nested(ProductRefSchema),
        metadata=about("Which products it is about; customers read those of their organization."),
    )
    requester = fields.Nested(PersonSchema)
    assignee = fields.Nested(PersonSchema, allow_none=True)
    organization = fields.Nested(OrganizationRefSchema)
    version = fields.Integer(metadata=about("Grows by one with each change.", 3))
    created_at = moment("When it was filed.")
    updated_at = moment("When it last changed.")
    first_response_at = moment("When the staff first answered.", allow_none=True)
    waiting_since = moment(
        "Since when the requester waits for an answer: when the first message came that nobody of "
        "the staff has answered. Null when nobody waits, and when a customer asks.",
        allow_none=True,
    )
    solved_at = moment("When it was solved or closed.", allow_none=True)


class AttachmentSchema(Answer):
    """A file on a ticket."""

    id = fields.Integer(metadata=about("Its id.", 17))
    comment_id = fields.Integer(metadata=about("The comment that it hangs on.", 42))
    filename = fields.String(metadata=about("What it is called.", "photo.jpg"))
    content_type = fields.String(metadata=about("What it is, as far as we know.", "image/jpeg"))
    size = fields.Integer(metadata=about("In bytes.", 48213))
    created_at = moment("When it came.")


class CommentSchema(Answer):
    """What somebody said on a ticket."""

    id = fields.Integer(metadata=about("Its id. Comments come in its order.", 42))
    author = fields.Nested(PersonSchema)
    message = fields.String(metadata=about("As it was written: Markdown."))
    html = fields.String(metadata=about("The same as sanitized HTML."))
    quoted = fields.String(
        allow_none=True,
        metadata=about(
            "Quotes and signature of the mail it came by, up to 20,000 letters; or null."
        ),
    )
    internal = fields.Boolean(metadata=about("A note among staff; others never see those."))
    attachments = fields.List(fields.Nested(AttachmentSchema))
    created_at = moment("When it was said.")


def page_of(schema: type[Answer]) -> type[Answer]:
    """The schema of a page of a list of such objects."""
    name = schema.__name__.removesuffix("Schema")
    return cast(
        type[Answer],
        type(
            f"{name}PageSchema",
            (Answer,),
            {
                "__doc__": "A page of a list.",
                "items": fields.List(fields.Nested(schema)),
                "next": fields.String(
                    allow_none=True, metadata=about("`cursor` of the next page; null: the last.")
                ),
            },
        ),
    )


TicketPageSchema = page_of(TicketSchema)
CommentPageSchema = page_of(CommentSchema)
AttachmentPageSchema = page_of(AttachmentSchema)
UserPageSchema = page_of(UserSchema)


def person_ref(description: str, *examples: str, also: str = "me", **kwargs: Any) -> Id:
    """A person's id, or one of the words in `also`."""
    pattern = rf"{also}|(USR)?[0-9]{{1,18}}"
    metadata = about(description, *(examples or ("USR000001",)))
    return Id(max_length=MAX_ID, pattern=pattern, metadata=metadata, **kwargs)


def organization_ref(description: str) -> Id:
    """An organization's id."""
    return Id(
        max_length=MAX_ID,
        pattern="ORG([0-9]{6}|[1-9][0-9]{6,17})",
        metadata=about(description, "ORG000001"),
    )


def product_ref(description: str) -> Id:
    """A product's id."""
    return Id(
        max_length=MAX_ID,
        pattern="PRD([0-9]{6}|[1-9][0-9]{6,17})",
        metadata=about(description, "PRD000001"),
    )


def ticket_ref(description: str) -> Id:
    """A ticket's number."""
    return Id(
        max_length=MAX_ID,
        pattern="REQ([0-9]{6}|[1-9][0-9]{6,17})",
        metadata=about(description, "REQ000001"),
    )


def cursor_field(*, least: int = 1, most: int = 1) -> Id:
    """The cursor of a list whose order has so many columns."""
    more = rf"(\.[0-9]{{1,18}}){{{least - 1},{most - 1}}}" if most > 1 else ""
    return Id(
        max_length=MAX_CURSOR,
        pattern=rf"[0-9]{{1,18}}{more}",
        metadata=about("`next` of the page before."),
    )


class PageQuery(Schema):
    """Which page of a list."""

    limit = Number(least=1, most=100, load_default=50, metadata=about("How many at most."))
    cursor = cursor_field()
