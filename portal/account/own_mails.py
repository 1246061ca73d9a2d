"""`/account/mail`, for staff: mails that name oneself as their sender without a proof."""

from flask import abort, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.queries.inbound import messages as queries
from portal.security import permissions
from portal.services.inbound import own_mails as services
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.sessions import actor


@bp.get("/mail")
def own_mails() -> str:
    """Those that wait for one's word, the newest first."""
    _require_staff()
    return render_template("account/own_mails.html", mails=queries.own_held(actor()))


@bp.post("/mail/<id:message_id>")
def answer_own_mail(message_id: int) -> Response:
    """Say whether it is one's own."""
    _require_staff()
    answer = request.form.get("answer", "")
    if answer not in {"yes", "no"}:
        raise Invalid(answer="unknown")
    with change():
        services.answer(actor=actor(), message_id=message_id, is_theirs=answer == "yes")
    if answer == "yes":
        flash(_("Your mail will be read now."), "success")
    else:
        flash(_("The administrators look at it. It is on no ticket."), "success")
    return see_other(url_for(".own_mails"))


def _require_staff() -> None:
    if not permissions.can_be_notified(actor()):
        abort(404)
