"""`/admin/assistance/model`: the language model, its budget, whose tickets it may read."""

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.errors import Invalid
from portal.extensions import setting
from portal.i18n import gettext as _
from portal.models.assistance import CallState, ModelTask
from portal.models.organizations.organization import MAX_NAME, format_id
from portal.models.people.person import Person
from portal.models.tickets.ticket import format_number
from portal.queries.assistance import model_calls, model_permissions
from portal.queries.organizations import customers, organizations
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.security import permissions
from portal.services.assistance import drafting
from portal.services.assistance import model_permissions as services
from portal.web.assistance import model_run
from portal.web.assistance.model_run import ModelRun
from portal.web.assistance.texts import STATE_LABELS, TASK_LABELS, problem_text
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.rate_limits.limit_keys import by_actor
from portal.web.rate_limits.limits import MODEL_CALL, call_limits, limited_by

_ours = permitted(permissions.can_change_settings)


@bp.get("/assistance/model")
@_ours
def model() -> str:
    q = request.args.get("q", "").strip()[:MAX_NAME]
    cursor = request.args.get("cursor")
    page = model_calls.page(parse_id_cursor(cursor))
    server, health = setting("AI"), model_calls.health()
    return render_template(
        "admin/assistance/model.html",
        server=server,
        health=health,
        problem=problem_text(health.reason) if health and health.is_failing else "",
        seconds=int(setting("AI_LONGEST_CALL").total_seconds()),
        all_allowed=setting("AI_ORGANIZATIONS") == "all",
        q=q,
        max_q=MAX_NAME,
        found=[_place(row) for row in model_permissions.found(q)] if q else [],
        decided=[_place(row) for row in model_permissions.decided()],
        calls=[_call(row) for row in page.rows],
        first_url=url_for(".model") if cursor else None,
        next_url=url_for(".model", cursor=page.next) if page.next else None,
    )


@bp.post("/assistance/model/organizations/<number>")
@_ours
@confirmed
def allow_model(number: str) -> Response:
    """`allowed` is 1 or 0."""
    word = request.form.get("allowed", "")
    if word not in {"0", "1"}:
        raise Invalid(allowed="unknown")
    row = customers.find(actor(), number)
    with change():
        place = organizations.lock(row.id)
        services.decide(actor=actor(), organization=place, allowed=word == "1")
    if word == "1":
        flash(_("The language model may read the tickets of %(name)s.", name=row.name), "success")
    else:
        flash(_("The language model reads no ticket of %(name)s.", name=row.name), "success")
    return see_other(url_for(".model", _anchor="organizations"))


@bp.post("/assistance/model/trial")
@_ours
@limited_by(call_limits(MODEL_CALL, by_actor))
def try_model() -> Response:
    """Ask for one word, and say what came."""

    def begin(run: ModelRun) -> None:
        with change():
            run.begin(actor())

    run = model_run.start(drafting.trial(actor=actor()), begin)
    try:
        run.read()
    finally:
        run.close()
    if run.problem:
        said = _("The language model gave no answer."), str(problem_text(run.problem))
        flash(" ".join(said), "error")
    else:
        words = " ".join(run.text.split())[:80]
        flash(_("The language model answers: %(words)s", words=words), "success")
    return see_other(url_for(".model"))


def _place(row: AnyRow) -> dict[str, Any]:
    return {"number": format_id(row.id), "name": row.name, "allowed": row.allowed}


def _call(row: AnyRow) -> dict[str, Any]:
    return {
        "at": row.created_at,
        "who": Person.of(row, "user_"),
        "task": TASK_LABELS.get(row.task, row.task),
        "state": STATE_LABELS.get(row.state, row.state),
        "problem": problem_text(row.reason) if row.state == CallState.FAILED else "",
        "tokens": row.tokens,
        "estimated": row.estimated,
        "redacted": row.redacted,
        "ticket": format_number(row.ticket_id) if row.ticket_id else "",
        "is_trial": row.task == ModelTask.TRIAL,
    }
