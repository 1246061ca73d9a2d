"""The form of a webhook."""

from typing import Any

from portal.i18n import lazy_gettext as _
from portal.models.webhooks import Webhook, WebhookEvent
from portal.security.delivery.outbound import MAX_URL
from portal.web.forms import CheckboxesField, Form, LineField
from portal.webhook_pages.labels import EVENT_LABELS


class WebhookForm(Form):
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
        """The ticked events."""
        return [WebhookEvent(word) for word in self.events.data or ()]


def form_for(webhook: Webhook | None = None) -> WebhookForm:
    """The form with the webhook's values, or with every event ticked."""
    given = webhook.events if webhook else list(EVENT_LABELS)
    return WebhookForm(formdata=None, data={"url": webhook and webhook.url, "events": given})
