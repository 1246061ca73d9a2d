"""Bulk actions on the queue and their undo, each in one transaction."""

from typing import Any
from urllib.parse import parse_qsl

from flask import abort, flash, request, url_for
from werkzeug.wrappers import Response

from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.tickets import bulk as bulk_services
from portal.services.tickets import tags
from portal.services.tickets.bulk import BulkAction, Outcome, UndoOutcome
from portal.tickets import bp
from portal.tickets.properties import parse_assignee, parse_priority, parse_status
from portal.tickets.queue import context
from portal.web.change import change
from portal.web.fragments import render_fragment, see_other, wants_fragment
from portal.web.people.return_page import safe_next
from portal.web.people.sessions import actor


@bp.post("/queue/bulk")
def bulk() -> Response | str:
    """Apply one action to the chosen tickets; say how many changed, and offer to undo."""
    _require_staff()
    numbers = list(dict.fromkeys(request.form.getlist("numbers")))
    if len(numbers) > bulk_services.MAX_TICKETS:
        raise Invalid(numbers="too_many")
    if not numbers:
        flash(_("Choose tickets first."), "error")
        return _back_to_queue()
    with change():
        action, value = _action()
        chosen = ticket_queries.find_many(actor(), numbers)
        outcome = bulk_services.apply(actor=actor(), chosen=chosen, action=action, value=value)
    flash(_outcome_text(action, outcome), "success")
    if outcome.token:
        flash(outcome.token, "undo")
    return _back_to_queue()


@bp.post("/queue/undo")
def undo() -> Response | str:
    """Undo a bulk action on those tickets that nobody has changed since."""
    _require_staff()
    with change():
        done = bulk_services.find_undo(actor=actor(), token=request.form.get("token", ""))
        undone = bulk_services.undo(actor=actor(), change=done)
    flash(_undo_text(undone), "success")
    return _back_to_queue()


def _require_staff() -> None:
    if not permissions.can_triage(actor()):
        abort(404)


def _action() -> tuple[BulkAction, Any]:
    # One select serves all actions without JavaScript: `status:solved` carries its value.
    word, colon, value = request.form.get("action", "").partition(":")
    value = value if colon else request.form.get("value", "")
    try:
        action = BulkAction(word)
    except ValueError:
        raise Invalid(action="unknown") from None
    match action:
        case BulkAction.ASSIGN:
            return action, parse_assignee(actor(), value)
        case BulkAction.STATUS:
            return action, parse_status(value)
        case BulkAction.PRIORITY:
            return action, parse_priority(value)
        case BulkAction.TAG:
            names = tags.clean_names([value])
            if len(names) != 1:
                raise Invalid(value="unknown")
            return action, names[0]
        case BulkAction.TRASH:
            return action, True


def _outcome_text(action: BulkAction, outcome: Outcome) -> str:
    changed, closed = outcome.changed, outcome.closed
    if action is BulkAction.TRASH:
        return ngettext(
            "%(num)d ticket moved to the trash.", "%(num)d tickets moved to the trash.", changed
        )
    text = ngettext("%(num)d ticket changed.", "%(num)d tickets changed.", changed)
    if not closed:
        return text
    stays = ngettext("%(num)d is closed and stays so.", "%(num)d are closed and stay so.", closed)
    return f"{text} {stays}"


def _undo_text(undone: UndoOutcome) -> str:
    sentences = [ngettext("%(num)d ticket set back.", "%(num)d tickets set back.", undone.back)]
    if undone.trashed:
        sentences.append(
            ngettext(
                "%(num)d is in the trash and stays there.",
                "%(num)d are in the trash and stay there.",
                undone.trashed,
            )
        )
    if undone.changed:
        sentences.append(_("The others were changed since and stay as they are."))
    return " ".join(sentences)


def _back_to_queue() -> Response | str:
    """The queue as it was filtered: in place for HTMX, else by a redirect."""
    target = request.form.get("next", "")
    if not wants_fragment():
        return see_other(safe_next(target) if target else url_for("tickets.queue"))
    args = dict(parse_qsl(target.partition("?")[2]))
    return render_fragment("tickets/queue/_queue.html", **context(args))
