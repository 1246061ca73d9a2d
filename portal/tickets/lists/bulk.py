"""Bulk actions on the ticked rows of the queue, and the undo of any change of many tickets."""

from urllib.parse import parse_qsl, urlencode

from flask import abort, flash, request, url_for
from werkzeug.wrappers import Response

from portal.i18n import gettext as _
from portal.models.tickets import BulkAction, BulkChange, BulkState
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.tickets import bulk as services
from portal.tickets import bp
from portal.tickets.lists.bulk_forms import action_words, read_action, read_selection
from portal.tickets.lists.bulk_texts import outcome_text, undo_text
from portal.tickets.lists.queue import context
from portal.web.change import change
from portal.web.fragments import go_to, render_fragment, see_other, wants_fragment
from portal.web.people.return_page import safe_next
from portal.web.people.sessions import actor


@bp.post("/queue/bulk")
def bulk() -> Response | str:
    """Apply one action to the chosen tickets; say how many changed, and offer to undo.

    With `all`, and for a macro, a page first says what would be done.
    """
    require_staff()
    action, _value = action_words(request.form)
    if "all" in request.form or action is BulkAction.MACRO:
        return go_to(_preview_url())
    selection = read_selection(request.form)
    if not selection.numbers:
        flash(_("Choose tickets first."), "error")
        return _back_to_queue()
    with change():
        action, value = read_action(actor(), request.form)
        chosen = ticket_queries.find_many(actor(), selection.numbers)
        done = services.apply(actor=actor(), chosen=chosen, action=action, value=value)
        tell_outcome(done)
    return _back_to_queue()


@bp.post("/queue/undo")
def undo() -> Response | str:
    """Undo a change on those tickets that nobody has changed since."""
    require_staff()
    with change():
        undone = services.undo(actor=actor(), token=request.form.get("token", ""))
        text = undo_text(undone)
    if undone.state == BulkState.UNDOING:
        return go_to(url_for(".bulk_change", change_id=undone.id))
    flash(text, "success")
    return _back_to_queue()


def require_staff() -> None:
    if not permissions.can_triage(actor()):
        abort(404)


def tell_outcome(done: BulkChange) -> None:
    """Say what became of the tickets, with a button to undo it."""
    flash(outcome_text(done), "success")
    if done.changed:
        flash(done.token, "undo")


def _preview_url() -> str:
    form = request.form
    pairs = [("action", form.get("action", "")), ("value", form.get("value", ""))]
    if "all" in form:
        pairs.append(("query", form.get("next", "").partition("?")[2]))
    else:
        pairs += [("numbers", number) for number in form.getlist("numbers")]
    query = urlencode([(name, value) for name, value in pairs if value])
    return f"{url_for('.new_bulk_change')}?{query}"


def _back_to_queue() -> Response | str:
    """The queue as it was filtered: in place for HTMX, else by a redirect."""
    target = request.form.get("next", "")
    if not wants_fragment():
        return see_other(safe_next(target) if target else url_for("tickets.queue"))
    args = dict(parse_qsl(target.partition("?")[2]))
    return render_fragment("tickets/queue/_queue.html", **context(args))
