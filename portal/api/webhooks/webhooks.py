"""`/webhooks`: an organization's for its owners and administrators, the desk's own for admins."""

from typing import Any

from flask import Response, url_for

from portal.api import bp
from portal.api.authentication import actor, by_caller
from portal.api.authorization import Audience, begin_change
from portal.api.responses import committed, empty_response, json_response, list_response
from portal.api.webhooks.webhook_schemas import (
    NewWebhookSchema,
    SecretSchema,
    WebhookChangeSchema,
    WebhookMadeSchema,
    WebhookSchema,
    WebhooksSchema,
    webhook_json,
)
from portal.errors import Forbidden, Invalid, NotConfigured, NotFound, ProofNeeded
from portal.models.webhooks import WebhookEvent
from portal.queries.webhooks import webhooks as queries
from portal.security import permissions
from portal.security.delivery import outbound
from portal.security.delivery.outbound import OutboundError, Target
from portal.security.people import step_up
from portal.services.webhooks import webhooks
from portal.web.rate_limits import limits

# Views that resolve a name or call a server.
outgoing_call_limits = limits.call_limits(limits.OUTGOING_CALL, by_caller)


@bp.serve("GET", "/webhooks", to=Audience.SIGNED_IN, tag="webhooks", gives=WebhooksSchema)
def list_webhooks() -> Response:
    """The webhooks that one may see to: of one's organization, and for admins the desk's."""
    places = [place for place in (actor().organization_id, None) if _manages(place)]
    rows = [webhook for place in places for webhook in queries.list_for(place)]
    return list_response([webhook_json(row) for row in rows])


@bp.serve(
    "POST",
    "/webhooks",
    to=Audience.SIGNED_IN,
    tag="webhooks",
    body=NewWebhookSchema,
    gives=WebhookMadeSchema,
    status=201,
    fails=[Forbidden, NotConfigured],
    limits=outgoing_call_limits,
    headers={"Location": "The webhook."},
    needs_proof=True,
)
def create_webhook(*, body: dict[str, Any]) -> Response:
    """Set up a webhook.

    Events are signed with its secret, which is shown this once; the introduction says how, with an
    example.
    """
    place = None if body.get("desk") else actor().organization_id
    permissions.require(_manages(place))
    target = _target(body["url"])
    begin_change()
    webhook, secret = webhooks.create(
        actor=actor(), organization_id=place, target=target, events=_events(body["events"])
    )
    answer = {**webhook_json(webhook), "secret": secret}
    location = url_for("api.read_webhook", webhook_id=webhook.id)
    return committed(json_response(answer, 201, {"Location": location}))


WEBHOOK = "/webhooks/<id:webhook_id>"


@bp.serve(
    "GET", WEBHOOK, to=Audience.SIGNED_IN, tag="webhooks", gives=WebhookSchema, fails=[NotFound]
)
def read_webhook(*, webhook_id: int) -> Response:
    """One webhook."""
    return json_response(webhook_json(queries.find(actor(), webhook_id)))


@bp.serve(
    "PATCH",
    WEBHOOK,
    to=Audience.SIGNED_IN,
    tag="webhooks",
    body=WebhookChangeSchema,
    gives=WebhookSchema,
    fails=[NotFound, ProofNeeded],
    limits=outgoing_call_limits,
)
def change_webhook(*, webhook_id: int, body: dict[str, Any]) -> Response:
    """Change its address or events, switch it on or off.

    `url` and `events` are changed by whoever has signed in within the last ten minutes, never by an
    API key.
    """
    url = body.get("url", "")
    known = queries.find(actor(), webhook_id).url
    if changes := body.keys() & {"url", "events"}:
        step_up.require(actor())
    target = _target(url) if "url" in body and url != known else None
    begin_change()
    webhook = queries.find(actor(), webhook_id, lock=True)
    if changes:
        events = _events(body["events"]) if "events" in body else None
        webhooks.update(actor=actor(), webhook=webhook, target=target, events=events)
    if "active" in body:
        verb = webhooks.switch_on if body["active"] else webhooks.switch_off
        verb(actor=actor(), webhook=webhook)
    return committed(json_response(webhook_json(webhook)))


@bp.serve(
    "DELETE",
    WEBHOOK,
    to=Audience.SIGNED_IN,
    tag="webhooks",
    status=204,
    fails=[NotFound],
    needs_proof=True,
)
def delete_webhook(*, webhook_id: int) -> Response:
    """Forget it, its log, and what it has not been told yet."""
    begin_change()
    webhooks.delete(actor=actor(), webhook=queries.find(actor(), webhook_id, lock=True))
    return committed(empty_response())


@bp.serve(
    "POST",
    f"{WEBHOOK}/secret",
    to=Audience.SIGNED_IN,
    tag="webhooks",
    gives=SecretSchema,
    status=201,
    fails=[NotFound, NotConfigured],
    needs_proof=True,
)
def rotate_webhook_secret(*, webhook_id: int) -> Response:
    """Give it another secret. For a day events are signed with both."""
    begin_change()
    webhook = queries.find(actor(), webhook_id, lock=True)
    secret = webhooks.rotate_secret(actor=actor(), webhook=webhook)
    return committed(json_response({"secret": secret}, 201))


def _manages(place: int | None) -> bool:
    return permissions.can_manage_webhooks(actor(), place)


def _target(url: str) -> Target:
    try:
        return outbound.check(url)
    except OutboundError as error:
        raise Invalid(url=error.code) from None


def _events(words: list[str]) -> list[WebhookEvent]:
    return [WebhookEvent(word) for word in words]
