"""Who is told of changes by HTTP, and what was sent to them."""

from portal.models.webhooks.webhook import Webhook, WebhookEvent, WebhookState
from portal.models.webhooks.webhook_delivery import WebhookAttempt, WebhookDelivery

__all__ = [
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEvent",
    "WebhookState",
]
