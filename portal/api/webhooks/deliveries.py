"""`/webhooks/{id}/deliveries` and `/test`: the log of a webhook, and sending again."""

from typing import Any

from flask import Response, url_for

from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience, begin_change
from portal.api.responses import committed, empty_response, json_response, list_response
from portal.api.webhooks.webhook_schemas import (
    DeliveriesSchema,
    DeliveryDetailSchema,
    PageSchema,
    delivery_json,
    detail_json,
)
from portal.api.webhooks.webhooks import WEBHOOK, outgoing_call_limits
from portal.errors import NotFound
from portal.extensions import db
from portal.models.webhooks import WebhookDelivery
from portal.queries.paging import parse_id_cursor
from portal.queries.webhooks import deliveries as delivery_queries
from portal.queries.webhooks import outgoing as outgoing_events
from portal.queries.webhooks import webhooks as queries
from portal.services.webhooks import webhooks

_DELIVERY = {"Location": "Where the log tells what comes of it."}


@bp.serve(
    "GET",
    f"{WEBHOOK}/deliveries",
    to=Audience.SIGNED_IN,
    tag="webhooks",
    query=PageSchema,
    gives=DeliveriesSchema,
    fails=[NotFound],
)
def list_deliveries(*, webhook_id: int, query: dict[str, Any]) -> Response:
    """What it was told in the last 30 days, and what it is still to be told."""
    webhook = queries.find(actor(), webhook_id)
    before = parse_id_cursor(query.get("cursor"))
    size = query.get("limit", delivery_queries.PAGE)
    page = delivery_queries.page(webhook.id, before=before, size=size)
    return list_response([delivery_json(row) for row in page.rows], page.next)


@bp.serve(
    "GET",
    f"{WEBHOOK}/deliveries/<id:delivery_id>",
    to=Audience.SIGNED_IN,
    tag="webhooks",
    gives=DeliveryDetailSchema,
    fails=[NotFound],
)
def read_delivery(*, webhook_id: int, delivery_id: int) -> Response:
    """One event of the log: what is sent, and each try with its answer and how long it took."""
    delivery = delivery_queries.find(queries.find(actor(), webhook_id), delivery_id)
    outgoing = outgoing_events.read(delivery.id)
    withheld = outgoing_events.reason_not_to_send(outgoing)
    return json_response(detail_json(outgoing, withheld, delivery_queries.attempts(delivery.id)))


@bp.serve(
    "POST",
    f"{WEBHOOK}/deliveries/<id:delivery_id>/redeliver",
    to=Audience.SIGNED_IN,
    tag="webhooks",
    status=202,
    headers=_DELIVERY,
    fails=[NotFound],
    limits=outgoing_call_limits,
)
def redeliver(*, webhook_id: int, delivery_id: int) -> Response:
    """Send an event again, under the id that it has. What is being sent stays as it is."""
    begin_change()
    webhook = queries.find(actor(), webhook_id, lock=True)
    delivery = delivery_queries.find(webhook, delivery_id)
    webhooks.redeliver(actor=actor(), webhook=webhook, delivery=delivery)
    return committed(_accepted(delivery))


@bp.serve(
    "POST",
    f"{WEBHOOK}/test",
    to=Audience.SIGNED_IN,
    tag="webhooks",
    status=202,
    headers=_DELIVERY,
    fails=[NotFound],
    limits=outgoing_call_limits,
)
def test_webhook(*, webhook_id: int) -> Response:
    """Send an event of type `webhook.test`. What comes of it stands among the deliveries."""
    begin_change()
    webhook = queries.find(actor(), webhook_id, lock=True)
    return committed(_accepted(webhooks.send_test(actor=actor(), webhook=webhook)))


def _accepted(delivery: WebhookDelivery) -> Response:
    db.session.flush()  # its address needs the id
    response = empty_response(202)
    response.headers["Location"] = url_for(
        "api.read_delivery", webhook_id=delivery.webhook_id, delivery_id=delivery.id
    )
    return response
