"""Pages to create, list, change and delete webhooks."""

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal import clock
from portal.i18n import gettext as _
from portal.models.webhooks import Webhook
from portal.queries.paging import parse_id_cursor
from portal.queries.webhooks import deliveries as delivery_queries
from portal.queries.webhooks import webhooks as queries
from portal.security.delivery import outbound
from portal.security.delivery.outbound import OutboundError, Target
from portal.services.webhooks import webhooks
from portal.web import shown_once
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed, is_fresh
from portal.web.people.sessions import actor
from portal.webhook_pages import labels
from portal.webhook_pages.forms import WebhookForm, form_for
from portal.webhook_pages.scope import find, limits_outgoing_calls, managed_organization_id

Answer = str | Response | tuple[str, int]
_FRESH = "webhook"


def index() -> str:
    """The list, with the form for a new one if the last proof is fresh."""
    return _index(form_for())


@limits_outgoing_calls
@confirmed
def create() -> Answer:
    """Create a webhook and redirect to its page, which shows its secret once."""
    form, whose = WebhookForm(), managed_organization_id()
    target = _target(form)
    if target is None:
        return _index(form), 422
    with change(form):
        webhook, secret = webhooks.create(
            actor=actor(), organization_id=whose, target=target, events=form.wanted
        )
    if form.errors:
        return _index(form), 422
    return _with_secret(webhook, secret)


def show(webhook_id: int) -> str:
    """A webhook with its log, and its secret if that was made just now."""
    webhook = find(webhook_id)
    made_for, secret = shown_once.take(_FRESH) or ("", "")
    return _page(webhook, secret=secret if made_for == str(webhook.id) else "")


@limits_outgoing_calls
@confirmed
def update(webhook_id: int) -> Answer:
    """Change the URL or the events."""
    form = WebhookForm()
    target = _target(form, find(webhook_id).url)
    if target is None:
        return _page(find(webhook_id), form), 422
    with change(form):
        webhook = find(webhook_id, lock=True)
        webhooks.update(actor=actor(), webhook=webhook, target=target, events=form.wanted)
    if form.errors:
        return _page(find(webhook_id), form), 422
    flash(_("The webhook is saved."), "success")
    return _back(webhook_id)


@confirmed
def rotate(webhook_id: int) -> Response:
    """Create a new secret and show it once."""
    with change():
        webhook = find(webhook_id, lock=True)
        secret = webhooks.rotate_secret(actor=actor(), webhook=webhook)
    return _with_secret(webhook, secret)


@limits_outgoing_calls
def send_test(webhook_id: int) -> Response:
    with change():
        webhooks.send_test(actor=actor(), webhook=find(webhook_id, lock=True))
    flash(_("A test is on its way. Reload this page in a moment to see what came of it."), "info")
    return _back(webhook_id)


def switch(webhook_id: int) -> Response:
    """Switch on or off."""
    with change():
        webhook = find(webhook_id, lock=True)
        verb = webhooks.switch_on if request.form.get("active") == "1" else webhooks.switch_off
        verb(actor=actor(), webhook=webhook)
    text = (
        _("The webhook is switched on.") if webhook.is_active else _("The webhook is switched off.")
    )
    flash(text, "success")
    return _back(webhook_id)


@confirmed
def delete(webhook_id: int) -> Response:
    with change():
        webhook = find(webhook_id, lock=True)
        webhooks.delete(actor=actor(), webhook=webhook)
    flash(_("The webhook to %(host)s is deleted.", host=webhook.host), "success")
    return see_other(url_for(".webhooks"))


def _target(form: WebhookForm, known: str = "") -> Target | None:
    """What the form asks to call; None, with an error at the field, if it is refused.

    The URL `known` was resolved when it was typed, so changing the events does not depend on its
    server.
    """
    if not form.validate():
        return None
    url = form.url.data or ""
    try:
        return outbound.parse(url) if url == known else outbound.check(url)
    except OutboundError as error:
        form.add_error("url", error.code)
        return None


def _with_secret(webhook: Webhook, secret: str) -> Response:
    shown_once.keep(_FRESH, str(webhook.id), secret)
    flash(_("The webhook has a new secret, which is shown below."), "success")
    return _back(webhook.id)


def _back(webhook_id: int) -> Response:
    return see_other(url_for(".webhook", webhook_id=webhook_id))


def _index(form: WebhookForm) -> str:
    rows = [_state(webhook) for webhook in queries.list_for(managed_organization_id())]
    return render_template(
        "webhooks/index.html", rows=rows, form=form, fresh=is_fresh(), labels=labels
    )


def _page(webhook: Webhook, form: WebhookForm | None = None, *, secret: str = "") -> str:
    cursor = request.args.get("cursor") if request.method == "GET" else None
    page = delivery_queries.page(webhook.id, before=parse_id_cursor(cursor))

    def url(cursor: str | None) -> str:
        return url_for(".webhook", webhook_id=webhook.id, cursor=cursor)

    return render_template(
        "webhooks/show.html",
        **_state(webhook),
        form=form or form_for(webhook),
        secret=secret,
        deliveries=page.rows,
        first_url=url(None) if cursor else None,
        next_url=url(page.next) if page.next else None,
        labels=labels,
    )


def _state(webhook: Webhook) -> dict[str, Any]:
    """Values for the templates of the list and of a webhook."""
    now = clock.now()
    return {
        "webhook": webhook,
        "answered_for": queries.has_authorized_owner(webhook),
        "rests": webhook.is_active and webhook.retry_at is not None and webhook.retry_at > now,
        "two_secrets": webhook.former_until is not None and webhook.former_until > now,
    }
