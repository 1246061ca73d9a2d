"""Lists of mails by state, the page of one with its journey, its bytes, and the decision on it."""

from flask import Response as FlaskResponse
from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.inbound import journey
from portal.errors import Invalid, NotFound
from portal.i18n import gettext as _
from portal.i18n import lazy_pgettext
from portal.models.inbound import InboundState
from portal.queries.inbound import messages as queries
from portal.services.inbound import messages as services
from portal.web.change import change
from portal.web.files import downloads
from portal.web.fragments import see_other
from portal.web.people.sessions import actor

STATE_LABELS = {
    InboundState.RECEIVED: lazy_pgettext("mail that came", "waits to be read"),
    InboundState.DONE: lazy_pgettext("mail that came", "done"),
    InboundState.HELD: lazy_pgettext("mail that came", "held"),
    InboundState.SUSPECTED: lazy_pgettext("mail that came", "suspected"),
    InboundState.FAILED: lazy_pgettext("mail that came", "failed"),
    InboundState.DISMISSED: lazy_pgettext("mail that came", "put away"),
}
# What is looked at together, by a word of the address.
_VIEWS = {
    "waiting": (lazy_pgettext("mails that came", "To decide"), queries.WAITING_FOR_STAFF),
    "received": (lazy_pgettext("mails that came", "To read"), (InboundState.RECEIVED,)),
    "done": (lazy_pgettext("mails that came", "Done"), (InboundState.DONE,)),
    "dismissed": (lazy_pgettext("mails that came", "Put away"), (InboundState.DISMISSED,)),
}


@bp.get("/mail")
def inbound_mails() -> str:
    """Mails of a view, the newest first; those that wait for a decision by default."""
    view = request.args.get("view") or "waiting"
    if view not in _VIEWS:
        raise Invalid(view="unknown")
    cursor = request.args.get("cursor", "")
    page = queries.page(_VIEWS[view][1], cursor)
    return render_template(
        "admin/inbound/messages.html",
        view=view,
        views=[(word, label) for word, (label, _states) in _VIEWS.items()],
        rows=page.rows,
        labels=STATE_LABELS,
        reason_text=journey.reason_text,
        first_url=url_for(".inbound_mails", view=view) if cursor else None,
        next_url=url_for(".inbound_mails", view=view, cursor=page.next) if page.next else None,
    )


@bp.get("/mail/<id:message_id>")
def inbound_mail(message_id: int) -> str:
    """What became of a mail, step by step."""
    message = queries.find(message_id)
    return render_template(
        "admin/inbound/message.html",
        message=message,
        names=queries.with_names(message),
        lines=journey.lines_of(message),
        label=STATE_LABELS[InboundState(message.state)],
        reason=journey.reason_text(message.reason),
        waits=message.state in queries.WAITING_FOR_STAFF,
    )


@bp.post("/mail/<id:message_id>")
def decide_inbound_mail(message_id: int) -> Response:
    """Read it again, accept it as it is, or put it away."""
    action = request.form.get("action", "")
    if action not in {"again", "accept", "dismiss"}:
        raise Invalid(action="unknown")
    with change():
        message = queries.find(message_id, lock=True)
        if action == "dismiss":
            done = services.dismiss(actor=actor(), message=message)
        else:
            done = services.read_again(actor=actor(), message=message, accept=action == "accept")
    if not done:
        flash(_("Nothing was changed: somebody has decided meanwhile."), "warning")
    elif action == "dismiss":
        flash(_("The mail is put away."), "success")
    else:
        flash(_("The mail will be read now."), "success")
    return see_other(url_for(".inbound_mail", message_id=message_id))


@bp.get("/mail/<id:message_id>/raw")
def inbound_raw(message_id: int) -> FlaskResponse:
    """The mail as it came, to be downloaded."""
    message = queries.find(message_id)
    if message.storage_key is None:
        raise NotFound
    response = downloads.stream(
        message.storage_key, size=message.size, mimetype="application/octet-stream"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="mail-{message.id}.eml"'
    return response
