"""`/tickets/queue/bulk…`: what would be done to many tickets, doing it, and how far it is."""

from collections.abc import Mapping
from typing import Any

from flask import Response, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal import clock
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.models.tickets import BulkAction, BulkChange, BulkState
from portal.queries.people import users
from portal.queries.tickets import bulk_changes as queries
from portal.queries.tickets import saved_replies
from portal.services.tickets import bulk as services
from portal.tickets import bp
from portal.tickets.composer.reply_texts import change_texts
from portal.tickets.lists.bulk import require_staff, tell_outcome
from portal.tickets.lists.bulk_forms import (
    Selection,
    action_words,
    read_action,
    read_seen_at,
    read_selection,
)
from portal.tickets.lists.bulk_texts import (
    deed_texts,
    names_for,
    progress,
    reason_text,
    state_text,
    told_text,
)
from portal.tickets.lists.chips import conditions_of
from portal.web.change import change
from portal.web.fragments import go_to, page_or_fragment, say, see_other
from portal.web.people.sessions import actor


@bp.get("/queue/bulk")
def bulk_changes() -> str:
    """The reader's own of the last day."""
    require_staff()
    return render_template("tickets/bulk/index.html", changes=_entries(queries.recent(actor())))


@bp.get("/queue/bulk/new")
def new_bulk_change() -> str | tuple[str, int]:
    """What would be done, to how many, and who gets mail; for a macro first which one."""
    require_staff()
    return _preview(read_selection(request.args))


@bp.post("/queue/bulk/new")
def start_bulk_change() -> AnyResponse | str | tuple[str, int]:
    """Do it: few at once, many by a job."""
    require_staff()
    selection, seen_at = read_selection(request.form), read_seen_at(request.form)
    listed = selection.listed(actor())
    if not 0 < len(listed) <= services.MAX_LISTED:
        return _preview(selection)
    try:
        with change():
            action, value = read_action(actor(), request.form)
            done = services.start(
                actor=actor(),
                listed=[services.Chosen(one.id, one.version, one.updated_at) for one in listed],
                action=action,
                value=value,
                query=selection.query,
                token=request.form.get("token", "")[:32],
                seen_at=seen_at,
            )
            if done.state != BulkState.RUNNING:
                tell_outcome(done)
    except Invalid as problem:
        if "macro" not in problem.details:
            raise
        return _preview(selection)  # to choose another one
    if done.state == BulkState.RUNNING:
        return see_other(url_for(".bulk_change", change_id=done.id))
    return see_other(selection.queue_url)


@bp.get("/queue/bulk/<id:change_id>")
def bulk_change(change_id: int) -> Response:
    """How far it is, and what became of the tickets. Others get a 404."""
    require_staff()
    return _page(queries.find(actor(), change_id))


@bp.post("/queue/bulk/<id:change_id>/cancel")
def cancel_bulk_change(change_id: int) -> AnyResponse:
    """Leave the rest alone."""
    require_staff()
    with change():
        done = services.cancel(actor=actor(), change_id=change_id)
        say(state_text(done))
    return go_to(url_for(".bulk_change", change_id=change_id))


def _preview(selection: Selection) -> str | tuple[str, int]:
    """The page that asks whether to do it; 422 with the reason where it cannot be done."""
    listed = selection.listed(actor())
    action, word = action_words(request.values)
    values: dict[str, Any] = {
        "selection": selection,
        "number": len(listed),
        "most": services.MAX_LISTED,
        "conditions": conditions_of([selection.filter], dict(users.assignees()))[0]
        if selection.query
        else [],
        "action": action.value,
        "word": word,
    }
    if not 0 < len(listed) <= services.MAX_LISTED:
        return render_template("tickets/bulk/new.html", **values), 422
    if action is BulkAction.MACRO and not word:
        return render_template("tickets/bulk/macros.html", macros=_macros(), **values)
    try:
        _action, value = read_action(actor(), request.values)
    except Invalid:
        if action is not BulkAction.MACRO:
            raise
        flash(_("This macro is no more: choose another one."), "error")
        return render_template("tickets/bulk/macros.html", macros=_macros(), **values), 422
    stored = services.as_json(value)
    return render_template(
        "tickets/bulk/new.html",
        deeds=deed_texts(action, stored, names_for([(action, stored)])),
        text=stored["message"] if action is BulkAction.MACRO else "",
        told=told_text(action, stored, queries.customers_told(actor(), listed)),
        token=services.new_token(),
        seen_at=clock.now().isoformat(),
        **values,
    )


def _macros() -> list[dict[str, Any]]:
    staff = dict(users.assignees())
    return [
        {
            "id": row.id,
            "name": row.name,
            "text": row.message,
            "internal": row.internal,
            "changes": change_texts(row.changes, staff),
        }
        for row in saved_replies.visible(actor())
    ]


def _page(done: BulkChange) -> Response:
    worked, total = progress(done)
    is_open = BulkState(done.state).is_open
    groups = [*queries.left_alone(done), *queries.left_alone(done, undo=True)]
    return page_or_fragment(
        "tickets/bulk/show.html",
        "tickets/bulk/_change.html",
        # Each second would be too much to hear.
        said="" if is_open else state_text(done),
        change=done,
        deeds=_deeds(done, names_for([(done.action, done.value)])),
        state=state_text(done),
        groups=[(reason_text(group), group) for group in groups],
        worked=worked,
        total=total,
        is_open=is_open,
        can_cancel=done.state == BulkState.RUNNING,
        can_undo=queries.can_undo(actor(), done),
        back_url=Selection([], done.query).queue_url,
    )


def _deeds(change: BulkChange, names: Mapping[int, str]) -> list[str]:
    return deed_texts(BulkAction(change.action), change.value, names)


def _entries(rows: list[BulkChange]) -> list[dict[str, Any]]:
    names = names_for((row.action, row.value) for row in rows)
    return [
        {
            "url": url_for(".bulk_change", change_id=row.id),
            "deeds": _deeds(row, names),
            "state": state_text(row),
            "created_at": row.created_at,
        }
        for row in rows
    ]
