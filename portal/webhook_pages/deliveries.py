"""`…/deliveries/<id>`: one event in a webhook's log, and sending it again."""

import json

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.i18n import gettext as _
from portal.queries.webhooks import deliveries as queries
from portal.queries.webhooks import outgoing as outgoing_events
from portal.services.webhooks import webhooks
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.sessions import actor
from portal.webhook_pages import labels
from portal.webhook_pages.scope import find, limits_outgoing_calls
from portal.webhook_payloads import payload


def show_delivery(webhook_id: int, delivery_id: int) -> str:
    """The event: its payload and each attempt."""
    webhook = find(webhook_id)
    delivery = queries.find(webhook, delivery_id)
    outgoing = outgoing_events.read(delivery.id)
    reason = outgoing_events.reason_not_to_send(outgoing)
    body = None if reason else json.dumps(payload(outgoing), ensure_ascii=False, indent=2)
    return render_template(
        "webhooks/delivery.html",
        webhook=webhook,
        delivery=delivery,
        attempts=queries.attempts(delivery.id),
        reason_not_to_send=reason,
        body=body,
        labels=labels,
    )


@limits_outgoing_calls
def redeliver(webhook_id: int, delivery_id: int) -> Response:
    with change():
        webhook = find(webhook_id, lock=True)
        delivery = queries.find(webhook, delivery_id)
        if webhooks.redeliver(actor=actor(), webhook=webhook, delivery=delivery):
            flash(_("The event is on its way again."), "info")
    return see_other(url_for(".webhook_delivery", webhook_id=webhook_id, delivery_id=delivery_id))
