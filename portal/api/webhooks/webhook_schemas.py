"""What `/webhooks` takes and answers."""

from typing import Any

from marshmallow import fields

from portal.api.fields import Answer, Choice, Flag, Items, Line, Number, Schema, about, moment
from portal.api.schemas import cursor_field
from portal.models.delivery import OutboxState
from portal.models.tickets.ticket import format_number
from portal.models.webhooks import Webhook, WebhookAttempt, WebhookEvent, WebhookState
from portal.models.webhooks.webhook import TEST_EVENT
from portal.queries.paging import AnyRow
from portal.queries.webhooks.outgoing import OutgoingEvent
from portal.security.delivery import outbound
from portal.security.delivery.outbound import MAX_URL, OutboundError
from portal.webhook_payloads import payload

_EVENTS = about("What it hears of; at least one.", ["ticket.created", "ticket.commented"])
_URL = about("https://… of a server on the Internet.", "https://hooks.example.com/lodge")


def _check_url(text: str) -> None:
    try:
        outbound.parse(text)
    except OutboundError as problem:
        raise ValueError(problem.code) from None


class WebhookSchema(Answer):
    """A server that hears of events. Its secret is never shown again."""

    id = fields.Integer(metadata=about("The webhook's id.", 1))
    desk = fields.Boolean(metadata=about("True: hears of everybody, not of one organization."))
    url = fields.String(metadata=_URL)
    events = fields.List(
        fields.String(metadata={"enum": [str(e) for e in WebhookEvent]}), metadata=_EVENTS
    )
    state = fields.String(
        metadata={
            "enum": [str(s) for s in WebhookState],
            **about("`failed`: switched off, as nothing got through for a day."),
        }
    )
    retry_at = moment("Nothing is tried before, after failures in a row.", allow_none=True)
    created_at = moment("When it was set up.")


class WebhookMadeSchema(WebhookSchema):
    """A new webhook, with its secret."""

    secret = fields.String(metadata=about("Signs each event: keep it safe.", "whsec_…"))


class SecretSchema(Answer):
    """A new secret. The former one signs as well for a day."""

    secret = fields.String(metadata=about("Signs each event: keep it safe.", "whsec_…"))


class WebhooksSchema(Answer):
    """All there are."""

    items = fields.List(fields.Nested(WebhookSchema), metadata=about("Oldest first."))
    next = fields.String(allow_none=True, metadata=about("Always null: there are only a few."))


class DeliverySchema(Answer):
    """An event that is owed to a webhook, and what came of it."""

    id = fields.Integer(metadata=about("The delivery's id.", 1))
    event_id = fields.String(metadata=about("What `webhook-id` says, at each try.", "evt_…"))
    type = fields.String(
        metadata={"enum": [*map(str, WebhookEvent), TEST_EVENT], **about("What happened.")}
    )
    ticket = fields.String(allow_none=True, metadata=about("The ticket's number.", "REQ000001"))
    state = fields.String(
        metadata={
            "enum": [str(s) for s in OutboxState],
            **about("`parked`: given up. `dropped`: not to be sent any more."),
        }
    )
    reason = fields.String(allow_none=True, metadata=about("Why it is not sent yet.", "timeout"))
    attempts = fields.Integer(metadata=about("How often it was tried.", 1))
    status = fields.Integer(allow_none=True, metadata=about("The last answer's status.", 200))
    milliseconds = fields.Integer(allow_none=True, metadata=about("How long that took.", 87))
    created_at = moment("When it happened.")
    sent_at = moment("When it was taken.", allow_none=True)


class AttemptSchema(Answer):
    """One try to hand an event over."""

    at = moment("When it was tried.")
    host = fields.String(metadata=about("Which server was asked.", "hooks.example.com"))
    status = fields.Integer(allow_none=True, metadata=about("What it answered.", 200))
    reason = fields.String(allow_none=True, metadata=about("Why there is no answer.", "timeout"))
    milliseconds = fields.Integer(metadata=about("How long it took.", 87))


class DeliveryRequestSchema(Answer):
    """What is sent at each try."""

    url = fields.String(metadata=_URL)
    body = fields.Dict(metadata={"additionalProperties": True, **about("The event as it is now.")})


class DeliveryDetailSchema(DeliverySchema):
    """One event: each try, and what is sent. What was sent before is not kept."""

    request = fields.Nested(DeliveryRequestSchema, allow_none=True)
    withheld = fields.String(
        allow_none=True,
        metadata=about("Why it must not leave any more: then there is no request.", "trashed"),
    )
    tries = fields.List(
        fields.Nested(AttemptSchema), metadata=about("Newest first, at most a hundred.")
    )


class DeliveriesSchema(Answer):
    """A page of them."""

    items = fields.List(fields.Nested(DeliverySchema), metadata=about("Newest first."))
    next = fields.String(allow_none=True, metadata=about("The cursor of the next page."))


class NewWebhookSchema(Schema):
    """A webhook to be."""

    url = Line(max_length=MAX_URL, needed=True, required=True, check=_check_url, metadata=_URL)
    events = Items(
        Choice(WebhookEvent), least=1, most=len(WebhookEvent), required=True, metadata=_EVENTS
    )
    desk = Flag(metadata=about("Of the desk, for admins; else of one's own organization."))


class WebhookChangeSchema(Schema):
    """What is left out stays as it is. Whoever changes a webhook answers for it from then on."""

    url = Line(max_length=MAX_URL, needed=True, check=_check_url, metadata=_URL)
    events = Items(Choice(WebhookEvent), least=1, most=len(WebhookEvent), metadata=_EVENTS)
    active = Flag(metadata=about("Switch it on or off."))


class PageSchema(Schema):
    """Which page."""

    limit = Number(least=1, most=100, metadata=about("At most so many.", 30))
    cursor = cursor_field()


def webhook_json(webhook: Webhook) -> dict[str, Any]:
    """A WebhookSchema."""
    return {
        "id": webhook.id,
        "desk": webhook.belongs_to_desk,
        "url": webhook.url,
        "events": webhook.events,
        "state": str(webhook.state),
        "retry_at": webhook.retry_at,
        "created_at": webhook.created_at,
    }


def detail_json(outgoing: OutgoingEvent, withheld: str | None, tries: list[WebhookAttempt]) -> Any:
    """A DeliveryDetailSchema."""
    ticket_id = outgoing.ticket and outgoing.ticket.id
    request = {"url": outgoing.webhook.url, "body": payload(outgoing)}
    return {
        **delivery_json((outgoing.delivery, tries[0] if tries else None, ticket_id)),
        "request": None if withheld else request,
        "withheld": withheld,
        "tries": [
            {
                "at": attempt.created_at,
                "host": attempt.host,
                "status": attempt.status,
                "reason": attempt.error,
                "milliseconds": attempt.milliseconds,
            }
            for attempt in tries
        ],
    }


def delivery_json(row: AnyRow | tuple[Any, ...]) -> dict[str, Any]:
    """A DeliverySchema of a row of `queries.webhooks.deliveries.page`."""
    delivery, attempt, ticket_id = row
    return {
        "id": delivery.id,
        "event_id": delivery.event_key,
        "type": str(delivery.type),
        "ticket": None if ticket_id is None else format_number(ticket_id),
        "state": str(delivery.state),
        "reason": delivery.error,
        "attempts": delivery.attempts,
        "status": attempt and attempt.status,
        "milliseconds": attempt and attempt.milliseconds,
        "created_at": delivery.created_at,
        "sent_at": delivery.sent_at,
    }
