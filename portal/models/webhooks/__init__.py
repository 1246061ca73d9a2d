"""Webhooks and their deliveries."""

from portal.models.webhooks.webhook import Webhook, WebhookEvent, WebhookState
from portal.models.webhooks.webhook_delivery import WebhookAttempt, WebhookDelivery

__all__ = [
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEvent",
    "WebhookState",
]
