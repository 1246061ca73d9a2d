"""`/admin/mail/blocked`: senders whose mail waits as suspected, by address or domain."""

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.inbound.blocked_sender import MAX_PATTERN, MAX_REASON
from portal.models.people.person import name_of
from portal.queries.inbound import blocked_senders as queries
from portal.queries.inbound import messages
from portal.services.inbound import blocked_senders as services
from portal.web.change import change
from portal.web.forms import ERROR_MESSAGES, Form, LineField
from portal.web.fragments import see_other
from portal.web.people.sessions import actor


class BlockForm(Form):
    pattern = LineField(
        lazy_gettext("Address or domain"),
        max_length=MAX_PATTERN,
        needed=True,
        description=lazy_gettext(
            "A domain such as example.com stands for all addresses there, and for all domains "
            "below it."
        ),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    reason = LineField(
        lazy_gettext("Why"), max_length=MAX_REASON, render_kw={"autocomplete": "off"}
    )


@bp.get("/mail/blocked")
def blocked_senders() -> str:
    return _page(BlockForm(formdata=None))


@bp.post("/mail/blocked")
def block_sender() -> Response | tuple[str, int]:
    form = BlockForm()
    if form.validate():
        with change(form):
            row = services.block(
                actor=actor(), pattern=form.pattern.data or "", reason=form.reason.data or ""
            )
    if form.errors:
        return _page(form), 422
    _say_blocked(row.pattern)
    return see_other(url_for(".blocked_senders"))


@bp.post("/mail/blocked/<id:blocked_id>/remove")
def unblock_sender(blocked_id: int) -> Response:
    with change():
        row = queries.find(blocked_id)
        pattern = row.pattern
        services.unblock(actor=actor(), blocked=row)
    flash(_("%(name)s is not blocked any more. What waits goes on waiting.", name=pattern), "info")
    return see_other(url_for(".blocked_senders"))


@bp.post("/mail/<id:message_id>/block")
def block_sender_of(message_id: int) -> Response:
    """Block the sender of that mail, or the domain."""
    which = request.form.get("which", "")
    if which not in {"sender", "domain"}:
        raise Invalid(which="unknown")
    sender = messages.find(message_id).sender
    pattern = sender if which == "sender" else sender.rpartition("@")[2]
    try:
        with change():
            row = services.block(actor=actor(), pattern=pattern)
    except Invalid as refusal:
        code = str(refusal.details["pattern"])
        flash(str(ERROR_MESSAGES[code]), "error")
    else:
        _say_blocked(row.pattern)
    return see_other(url_for(".inbound_mail", message_id=message_id))


def _say_blocked(pattern: str) -> None:
    flash(_("Mail of %(name)s waits as suspected from now on.", name=pattern), "success")


def _page(form: BlockForm) -> str:
    cursor = request.args.get("cursor", "") if request.method == "GET" else ""
    page = queries.page(cursor)
    return render_template(
        "admin/inbound/blocked_senders.html",
        form=form,
        rows=page.rows,
        name_of=name_of,
        first_url=url_for(".blocked_senders") if cursor else None,
        next_url=url_for(".blocked_senders", cursor=page.next) if page.next else None,
    )
