"""The words of the webhooks' pages, and their form."""

from typing import Any

from portal.i18n import lazy_gettext as _
from portal.models.delivery import OutboxState
from portal.models.webhooks import Webhook, WebhookEvent, WebhookState
from portal.models.webhooks.webhook import TEST_EVENT
from portal.security.delivery.outbound import MAX_URL
from portal.web.forms import CheckboxesField, Form, LineField

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
    WebhookState.ACTIVE.value: _("Switched on"),
    WebhookState.PAUSED.value: _("Switched off"),
    WebhookState.FAILED.value: _("Switched off, as nothing got through for a day"),
}
DELIVERY_LABELS = {
    OutboxState.PENDING.value: _("Waiting to be sent"),
    OutboxState.SENT.value: _("Delivered"),
    OutboxState.PARKED.value: _("Given up"),
    OutboxState.DROPPED.value: _("Not sent"),
}
# The codes of `reason_not_to_send` in `queries.webhooks.deliveries`, of
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


class WebhookForm(Form):
    """Where to, and what for."""

    url = LineField(
        _("Address"),
        max_length=MAX_URL,
        needed=True,
        description=_("Where events are sent by POST: https://… of a server on the Internet."),
        render_kw={
            "type": "url",
            "inputmode": "url",
            "autocomplete": "off",
            "placeholder": "https://hooks.example.com/lodge",
        },
    )
    events = CheckboxesField(_("Events"), default=())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.events.choices = list(EVENT_LABELS.items())

    @property
    def wanted(self) -> list[WebhookEvent]:
        """The events that were ticked."""
        return [WebhookEvent(word) for word in self.events.data or ()]


def form_for(webhook: Webhook | None = None) -> WebhookForm:
    """The form with what the webhook has, or with every event ticked."""
    given = webhook.events if webhook else list(EVENT_LABELS)
    return WebhookForm(formdata=None, data={"url": webhook and webhook.url, "events": given})
