"""Labels of webhooks: events, states, reasons."""

from portal.i18n import lazy_gettext as _
from portal.i18n import lazy_pgettext
from portal.models.delivery import OutboxState
from portal.models.webhooks import WebhookEvent, WebhookState
from portal.models.webhooks.webhook import TEST_EVENT

EVENT_LABELS = {
    WebhookEvent.TICKET_CREATED.value: _("A ticket was filed"),
    WebhookEvent.TICKET_COMMENTED.value: _("Somebody answered on a ticket"),
    WebhookEvent.TICKET_ASSIGNED.value: _("A ticket was given to somebody"),
    WebhookEvent.TICKET_SOLVED.value: _("A ticket was solved"),
    WebhookEvent.TICKET_RATED.value: _("A requester rated how a ticket was handled"),
    WebhookEvent.TICKET_UPDATED.value: _("Other facts of a ticket were changed"),
    WebhookEvent.USER_CREATED.value: _("Somebody opened an account"),
}
ALL_EVENT_LABELS = EVENT_LABELS | {TEST_EVENT: _("Test")}
STATE_LABELS = {
    WebhookState.ACTIVE.value: lazy_pgettext("webhook", "Switched on"),
    WebhookState.PAUSED.value: lazy_pgettext("webhook", "Switched off"),
    WebhookState.FAILED.value: lazy_pgettext(
        "webhook", "Switched off, as nothing got through for a day"
    ),
}
DELIVERY_LABELS = {
    OutboxState.PENDING.value: lazy_pgettext("event of a webhook", "Waiting to be sent"),
    OutboxState.SENT.value: lazy_pgettext("event of a webhook", "Delivered"),
    OutboxState.PARKED.value: lazy_pgettext("event of a webhook", "Given up"),
    OutboxState.DROPPED.value: lazy_pgettext("event of a webhook", "Not sent"),
}
# The codes of `reason_not_to_send` in `queries.webhooks.outgoing`, of
# `services.webhooks.deliveries` and of `security.delivery.outbound`.
REASON_LABELS = {
    "status": _("The receiver did not take it"),
    "timeout": _("No answer in time"),
    "unreachable": _("The server cannot be reached"),
    "tls": _("The server's certificate is not valid"),
    "answer": _("The connection broke, or the answer was none"),
    "url": _("The address may not be called"),
    "late": _("Its time ran out before it could be sent"),
    "restored": _("A backup was brought back, and it may have been sent since that was made"),
    "broken": _("It could not be put together"),
    "switched_off": _("The webhook was switched off"),
    "unanswered_for": _("Nobody who may see to the webhook answers for it"),
    "unasked": _("The webhook does not ask for such events any more"),
    "internal": _("It is internal"),
    "trashed": _("The ticket is in the trash"),
    "moved": _("It belongs to another organization now"),
}
