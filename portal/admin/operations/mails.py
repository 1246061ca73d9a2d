"""`/admin/jobs/mails`: owed mails, with what an administrator may do about them."""

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.selection import selected_ids
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.i18n import lazy_pgettext, ngettext
from portal.models.delivery import OutboxState
from portal.queries.delivery import outbox as queries
from portal.queries.paging import AnyRow
from portal.services.operations import mail_care
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.sessions import actor

STATES = {
    OutboxState.PARKED: lazy_pgettext("mails", "Parked"),
    OutboxState.PENDING: lazy_pgettext("mails", "Waiting"),
    OutboxState.SENT: lazy_pgettext("mails", "Sent"),
    OutboxState.DROPPED: lazy_pgettext("mails", "Let go"),
}
# What may be done with a mail in a state.
ACTIONS = {
    OutboxState.PARKED: ("retry", "drop"),
    OutboxState.PENDING: ("retry", "park"),
    OutboxState.DROPPED: ("retry",),
}


@bp.get("/jobs/mails")
def mails() -> str:
    """Mails of one state, the newest first; parked ones by default."""
    state = _state(request.args.get("state") or OutboxState.PARKED)
    cursor = request.args.get("cursor", "")
    page = queries.newest(state, cursor)
    counts = queries.states()
    return render_template(
        "admin/operations/mails.html",
        state=state,
        states=[(word.value, label, _number(counts[word])) for word, label in STATES.items()],
        rows=[_row(row) for row in page.rows],
        actions=ACTIONS.get(state, ()),
        first_url=url_for(".mails", state=state) if cursor else None,
        next_url=url_for(".mails", state=state, cursor=page.next) if page.next else None,
    )


@bp.post("/jobs/mails")
def change_mails() -> Response:
    """Do `action` with the mails `ids`, or send again all that were parked for `reason`."""
    reason = request.form.get("reason")
    with change():
        if reason is not None:
            done = mail_care.retry_reason(actor=actor(), reason=reason)
        else:
            done = mail_care.apply(
                actor=actor(), verb=request.form.get("action", ""), ids=selected_ids()
            )
    if done:
        flash(ngettext("%(num)d mail is changed.", "%(num)d mails are changed.", done), "success")
    else:
        flash(_("Nothing was changed: it was sent meanwhile, or is being sent."), "warning")
    if reason is not None:
        return see_other(url_for(".jobs", _anchor="parked"))
    return see_other(url_for(".mails", state=_state(request.form.get("state", "parked"))))


def _row(row: AnyRow) -> dict[str, Any]:
    return {**row._mapping, "error": " ".join((row.error or "").split())[:300]}


def _state(word: str) -> OutboxState:
    try:
        return OutboxState(word)
    except ValueError:
        raise Invalid(state="unknown") from None


def _number(count: int) -> str:
    return f"{count}+" if count >= queries.COUNT_CAP else str(count)
