"""Setting webhooks up: the list, the form, one of them with its log."""

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
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed, is_fresh
from portal.web.people.sessions import actor
from portal.webhook_pages import words
from portal.webhook_pages.scope import calls_out, find, place
from portal.webhook_pages.words import WebhookForm, filled

Answer = str | Response | tuple[str, int]


def index() -> str:
    """All of them, and the form for another as long as the proof of presence is fresh."""
    return _index(filled())


@calls_out
@confirmed
def create() -> Answer:
    """Set one up. Its secret stands on the answer, once: no redirect could carry it."""
    form, whose = WebhookForm(), place()
    target = _target(form)
    if target is None:
        return _index(form), 422
    with change(form):
        webhook, secret = webhooks.create(
            actor=actor(), organization_id=whose, target=target, events=form.wanted
        )
    if form.errors:
        return _index(form), 422
    return _page(webhook, secret=secret), 201


def show(webhook_id: int) -> str:
    """One with its log."""
    return _page(find(webhook_id))


@calls_out
@confirmed
def update(webhook_id: int) -> Answer:
    """Another address or other events."""
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
def rotate(webhook_id: int) -> str:
    """A new secret, shown once."""
    with change():
        webhook = find(webhook_id, lock=True)
        secret = webhooks.rotate_secret(actor=actor(), webhook=webhook)
    return _page(webhook, secret=secret)


@calls_out
def send_test(webhook_id: int) -> Response:
    """An event that means nothing."""
    with change():
        webhooks.send_test(actor=actor(), webhook=find(webhook_id, lock=True))
    flash(_("A test is on its way. Reload this page in a moment to see what came of it."), "info")
    return _back(webhook_id)


def switch(webhook_id: int) -> Response:
    """On or off."""
    with change():
        webhook = find(webhook_id, lock=True)
        verb = webhooks.switch_on if request.form.get("active") == "1" else webhooks.switch_off
        verb(actor=actor(), webhook=webhook)
    return _back(webhook_id)


@confirmed
def delete(webhook_id: int) -> Response:
    """Forget it and its log."""
    with change():
        webhook = find(webhook_id, lock=True)
        webhooks.delete(actor=actor(), webhook=webhook)
    flash(_("The webhook to %(host)s is deleted.", host=webhook.host), "success")
    return see_other(url_for(".webhooks"))


def _target(form: WebhookForm, known: str = "") -> Target | None:
    """What the form asks to call; None when it was refused.

    An address that is `known` was looked up when it was typed: whoever changes the events need not
    wait until its server is back.
    """
    if not form.validate():
        return None
    url = form.url.data or ""
    try:
        return outbound.parse(url) if url == known else outbound.check(url)
    except OutboundError as error:
        form.add_error("url", error.code)
        return None


def _back(webhook_id: int) -> Response:
    return see_other(url_for(".webhook", webhook_id=webhook_id))


def _index(form: WebhookForm) -> str:
    rows = [_facts(webhook) for webhook in queries.of(place())]
    return render_template(
        "webhooks/index.html", rows=rows, form=form, fresh=is_fresh(), words=words
    )


def _page(webhook: Webhook, form: WebhookForm | None = None, *, secret: str = "") -> str:
    cursor = request.args.get("cursor") if request.method == "GET" else None
    page = delivery_queries.page(webhook.id, before=parse_id_cursor(cursor))

    def url(cursor: str | None) -> str:
        return url_for(".webhook", webhook_id=webhook.id, cursor=cursor)

    return render_template(
        "webhooks/show.html",
        **_facts(webhook),
        form=form or filled(webhook),
        secret=secret,
        deliveries=page.rows,
        first_url=url(None) if cursor else None,
        next_url=url(page.next) if page.next else None,
        words=words,
    )


def _facts(webhook: Webhook) -> dict[str, Any]:
    """How it stands."""
    now = clock.now()
    return {
        "webhook": webhook,
        "answered_for": queries.is_answered_for(webhook),
        "rests": webhook.is_active and webhook.retry_at is not None and webhook.retry_at > now,
        "two_secrets": webhook.former_until is not None and webhook.former_until > now,
    }
