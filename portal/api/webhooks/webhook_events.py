"""Schemas of webhook payloads for the OpenAPI document; `portal.webhook_payloads` makes them."""

from typing import Any

from apispec import APISpec
from marshmallow import fields

from portal.api.fields import Answer, about, moment
from portal.api.schemas import PersonSchema, TicketSchema, UserSchema
from portal.models.tickets import Rating
from portal.models.webhooks import WebhookEvent


class ToldTicketSchema(TicketSchema):
    """A ticket as it is at the moment of sending."""

    tags = fields.List(fields.String(), metadata=about("For the desk's own webhooks alone."))

    class Meta(TicketSchema.Meta):
        """The desk's own measure: each message that moves it is an event of its own."""

        exclude = ("waiting_since",)

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """`tags` are missing from an organization's webhooks."""
        field_obj.required = field_name != "tags"


class ToldUserSchema(UserSchema):
    """An account, without what is private."""

    class Meta(UserSchema.Meta):
        exclude = ("phone", "inn")


class ToldFileSchema(Answer):
    """A file on a comment."""

    id = fields.Integer(metadata=about("Its id.", 17))
    filename = fields.String(metadata=about("What it is called.", "photo.jpg"))
    size = fields.Integer(metadata=about("In bytes.", 48213))


class ToldCommentSchema(Answer):
    """What somebody said in public."""

    id = fields.Integer(metadata=about("Its id.", 42))
    author = fields.Nested(PersonSchema)
    message = fields.String(metadata=about("As it was written: Markdown."))
    html = fields.String(metadata=about("The same as sanitized HTML."))
    internal = fields.Boolean(metadata=about("Always false."))
    attachments = fields.List(fields.Nested(ToldFileSchema), metadata=about("Its files."))
    created_at = moment("When it was said.")


class EndsSchema(Answer):
    """What a fact was, and what it is."""

    before = fields.Raw(data_key="from", allow_none=True, metadata=about("Before.", "open"))
    after = fields.Raw(data_key="to", allow_none=True, metadata=about("Afterwards.", "solved"))


class _OfTicket(Answer):
    ticket = fields.Nested(ToldTicketSchema)
    actor = fields.Nested(PersonSchema, allow_none=True)


class SaidSchema(_OfTicket):
    """Something was said."""

    comment = fields.Nested(ToldCommentSchema)


class FiledSchema(_OfTicket):
    """A ticket was filed."""

    comment = fields.Nested(
        ToldCommentSchema,
        allow_none=True,
        metadata=about("What it began with; null when that is a note among staff."),
    )


class ChangedSchema(_OfTicket):
    """A fact of a ticket was changed."""

    changes = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(EndsSchema),
        metadata=about("By the name of the fact."),
    )


class RatedSchema(_OfTicket):
    """The requester, who is `actor`, said how their ticket was handled."""

    rating = fields.String(
        metadata={"enum": [str(r) for r in Rating], **about("What they chose.", "good")}
    )
    comment = fields.String(
        allow_none=True, metadata=about("What they added, as plain text.", "Quick and friendly.")
    )


class PersonCameSchema(Answer):
    """Somebody opened an account."""

    user = fields.Nested(ToldUserSchema)


_EVENTS: dict[WebhookEvent, tuple[str, type[Answer]]] = {
    WebhookEvent.TICKET_CREATED: ("A ticket was filed.", FiledSchema),
    WebhookEvent.TICKET_COMMENTED: ("Somebody answered.", SaidSchema),
    WebhookEvent.TICKET_ASSIGNED: ("It was given to somebody, or to nobody.", ChangedSchema),
    WebhookEvent.TICKET_SOLVED: ("An unsolved ticket was solved or closed.", ChangedSchema),
    WebhookEvent.TICKET_RATED: ("The requester said how it was handled.", RatedSchema),
    WebhookEvent.TICKET_UPDATED: ("Any other change.", ChangedSchema),
    WebhookEvent.USER_CREATED: ("Somebody opened an account.", PersonCameSchema),
}
_HEADERS = {
    "webhook-id": "The event's id, the same at each try.",
    "webhook-timestamp": "When it was sent, in seconds since 1970.",
    "webhook-signature": "`v1,` and the HMAC-SHA256 over id, timestamp and body, in base64.",
}


def webhooks_section(spec: APISpec) -> dict[str, Any]:
    """The document's `webhooks`: each type of event as a request to the receiver."""
    return {event.value: {"post": _request(spec, event)} for event in _EVENTS}


def _request(spec: APISpec, event: WebhookEvent) -> dict[str, Any]:
    summary, data = _EVENTS[event]
    name = f"{data.__name__.removesuffix('Schema')}Data"
    if name not in spec.components.schemas:
        spec.components.schema(name, schema=data)
    schema = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "const": event.value},
            "timestamp": {
                "type": "string",
                "format": "date-time",
                **about("When it happened.", "2026-11-21T09:30:00Z"),
            },
            "data": {"$ref": f"#/components/schemas/{name}"},
        },
        "additionalProperties": False,
    }
    return {
        "summary": summary,
        "tags": ["webhooks"],
        "parameters": [
            {
                "in": "header",
                "name": header,
                "required": True,
                "description": text,
                "schema": {"type": "string"},
            }
            for header, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"2XX": {"description": "It was taken."}},
    }
