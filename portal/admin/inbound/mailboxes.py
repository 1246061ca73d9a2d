"""`/admin/mail/mailboxes`: the desk's addresses, and how the mail of each gets here."""

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.inbound.mailbox_connection import PROVIDER_NAMES, redirect_uri
from portal.admin.inbound.mailbox_form import MailboxForm, form_of
from portal.i18n import gettext as _
from portal.models.inbound import Mailbox, MailboxWay
from portal.models.inbound.mailbox import FAILURE_TEXTS
from portal.queries.inbound import mailboxes as queries
from portal.services.inbound import mailbox_settings as services
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.sessions import actor
from portal.web.templating.labels import LANGUAGE_NAMES

Answer = str | Response | tuple[str, int]


@bp.get("/mail/mailboxes")
def mailboxes() -> str:
    """All of them, with whether their mail arrives."""
    return render_template(
        "admin/inbound/mailboxes.html", rows=[state_of(one) for one in queries.listed()]
    )


@bp.get("/mail/mailboxes/new")
@confirmed
def new_mailbox() -> str:
    return _page(MailboxForm())


@bp.post("/mail/mailboxes/new")
@confirmed
def create_mailbox() -> Answer:
    form = MailboxForm()
    if form.validate():
        with change(form):
            made = services.create(actor=actor(), values=form.values(), secrets=form.secrets())
    if form.errors:
        return _page(form), 422
    flash(_("%(name)s is added.", name=made.address), "success")
    return see_other(url_for(".mailboxes", _anchor=f"mailbox-{made.id}"))


@bp.get("/mail/mailboxes/<id:mailbox_id>")
@confirmed
def mailbox(mailbox_id: int) -> str:
    found = queries.find(mailbox_id)
    return _page(form_of(found), found)


@bp.post("/mail/mailboxes/<id:mailbox_id>")
@confirmed
def change_mailbox(mailbox_id: int) -> Answer:
    form = MailboxForm(queries.find(mailbox_id))
    if form.validate():
        with change(form):
            found = queries.find(mailbox_id, lock=True)
            changed = services.change(
                actor=actor(),
                mailbox=found,
                values=form.values(),
                secrets=form.secrets(),
            )
    if form.errors:
        return _page(form, queries.find(mailbox_id)), 422
    flash(_("Saved.") if changed else _("Nothing was changed."), "success")
    return see_other(url_for(".mailboxes", _anchor=f"mailbox-{mailbox_id}"))


@bp.post("/mail/mailboxes/<id:mailbox_id>/state")
def switch_mailbox(mailbox_id: int) -> Response:
    """Switch it on or off."""
    with change():
        found = queries.find(mailbox_id, lock=True)
        services.switch(actor=actor(), mailbox=found, active=request.form.get("active") == "1")
    if found.is_active:
        flash(_("%(name)s is switched on.", name=found.address), "success")
    else:
        flash(_("%(name)s is switched off.", name=found.address), "success")
    return see_other(url_for(".mailboxes", _anchor=f"mailbox-{mailbox_id}"))


@bp.post("/mail/mailboxes/<id:mailbox_id>/delete")
@confirmed
def delete_mailbox(mailbox_id: int) -> Response:
    with change():
        found = queries.find(mailbox_id, lock=True)
        name = found.address
        deleted = services.delete(actor=actor(), mailbox=found)
    if deleted:
        flash(_("%(name)s is deleted.", name=name), "success")
    else:
        flash(_("Mail has come to it, so it is kept: switch it off instead."), "warning")
    return see_other(url_for(".mailboxes"))


def state_of(mailbox: Mailbox) -> dict[str, Any]:
    """What the list says of a mailbox."""
    is_fetched = mailbox.way == MailboxWay.IMAP
    return {
        "mailbox": mailbox,
        "is_fetched": is_fetched,
        "language": dict(LANGUAGE_NAMES).get(mailbox.language or "", ""),
        "fails": mailbox.is_active and mailbox.failing_since is not None,
        "failure": FAILURE_TEXTS.get(mailbox.failure_reason or "", ""),
        "provider": PROVIDER_NAMES.get(mailbox.authentication, ""),
        "is_new": is_fetched and mailbox.is_active and mailbox.last_success_at is None,
    }


def _page(form: MailboxForm, mailbox: Mailbox | None = None) -> str:
    return render_template(
        "admin/inbound/mailbox.html",
        form=form,
        mailbox=mailbox,
        state=state_of(mailbox) if mailbox else None,
        redirect_uri=redirect_uri(),
        can_be_deleted=mailbox is not None and not queries.has_mail(mailbox.id),
    )
