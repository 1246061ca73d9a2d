"""`/admin/mail/<id>`: the journey of a mail, its text and bytes, and the decision on it."""

from flask import Response as FlaskResponse
from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.inbound import journey
from portal.admin.inbound.messages import STATE_LABELS, tell
from portal.errors import NotFound
from portal.models.inbound import InboundState
from portal.models.inbound.inbound_message import ACCEPTABLE
from portal.queries.inbound import messages as queries
from portal.services.inbound import decisions
from portal.web.change import change
from portal.web.files import downloads
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.sessions import actor


@bp.get("/mail/<id:message_id>")
def inbound_mail(message_id: int) -> str:
    """What became of a mail, step by step."""
    message = queries.find(message_id)
    return render_template(
        "admin/inbound/message.html",
        message=message,
        names=queries.with_names(message),
        lines=journey.lines_of(message.journey),
        label=STATE_LABELS[InboundState(message.state)],
        reason=journey.reason_text(message.reason),
        acceptable=message.reason in ACCEPTABLE,
        waits=message.state in queries.WAITING_FOR_STAFF,
    )


@bp.post("/mail/<id:message_id>")
def decide_inbound_mail(message_id: int) -> Response:
    """Read it again, accept it as it is, or put it away."""
    queries.find(message_id)
    decision = request.form.get("action", "")
    with change():
        done = decisions.apply(actor=actor(), decision=decision, ids=[message_id])
    tell(decision, done)
    return see_other(url_for(".inbound_mail", message_id=message_id))


@bp.get("/mail/<id:message_id>/raw")
@confirmed
def inbound_raw(message_id: int) -> FlaskResponse:
    """The mail as it came, to be downloaded."""
    message = queries.find(message_id)
    if message.storage_key is None:
        raise NotFound
    response = downloads.stream(message.storage_key, size=message.size, mimetype="message/rfc822")
    response.headers["Content-Disposition"] = f'attachment; filename="mail-{message.id}.eml"'
    if request.method == "GET":
        with change():
            decisions.record_fetch(actor=actor(), message=queries.find(message_id))
    return response
