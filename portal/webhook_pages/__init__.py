"""Pages of webhooks: `/account/webhooks` of an organization, `/admin/webhooks` of the desk.

The same views serve both; the blueprint decides which, and its guard who gets in.
"""

from flask import Blueprint

from portal.webhook_pages import deliveries, pages


def add_routes(bp: Blueprint) -> None:
    one, delivery = "/webhooks/<id:webhook_id>", "/deliveries/<id:delivery_id>"
    for rule, method, view in (
        ("/webhooks", "GET", pages.index),
        ("/webhooks", "POST", pages.create),
        (one, "GET", pages.show),
        (one, "POST", pages.update),
        (f"{one}/secret", "POST", pages.rotate),
        (f"{one}/test", "POST", pages.send_test),
        (f"{one}/state", "POST", pages.switch),
        (f"{one}/delete", "POST", pages.delete),
        (one + delivery, "GET", deliveries.show_delivery),
        (f"{one}{delivery}/redeliver", "POST", deliveries.redeliver),
    ):
        bp.add_url_rule(rule, _ENDPOINTS[view.__name__], view, methods=[method])


_ENDPOINTS = {
    "index": "webhooks",
    "create": "create_webhook",
    "show": "webhook",
    "update": "update_webhook",
    "rotate": "rotate_webhook",
    "send_test": "test_webhook",
    "switch": "switch_webhook",
    "delete": "delete_webhook",
    "show_delivery": "webhook_delivery",
    "redeliver": "redeliver_webhook",
}
