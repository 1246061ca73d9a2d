"""`/tickets/<number>/assistance`: what a language model writes for who answers a ticket.

Nothing is sent to the customer: a text comes into the composer, as a draft that is marked, and
summary and title stand beside it. Without scripts the page comes when all of it is there; scripts
ask for a stream of events and show it as it comes.
"""

import json
from collections.abc import Iterator
from typing import Any

from flask import Response, abort, flash, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import DomainError, Invalid, ModelFailed
from portal.i18n import gettext as _
from portal.models.assistance import ModelTask
from portal.models.tickets import Ticket
from portal.queries.tickets import drafts as draft_queries
from portal.queries.tickets import participants
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.assistance import drafting
from portal.services.tickets import drafts
from portal.services.tickets.drafts import DraftText
from portal.services.tickets.tickets import MAX_SUBJECT
from portal.tickets import bp
from portal.tickets.forms import CommentForm, DraftForm, draft_version
from portal.tickets.thread import context
from portal.web.assistance import model_run
from portal.web.assistance.model_run import ModelRun
from portal.web.assistance.texts import KIND_LABELS, problem_text
from portal.web.change import change
from portal.web.fragments import say, see_other, wants_fragment, with_words
from portal.web.middleware.request_limits import takes_files
from portal.web.people.sessions import actor
from portal.web.rate_limits.limit_keys import by_actor
from portal.web.rate_limits.limits import MODEL_CALL, call_limits, limited_by
from portal.web.refusal_texts import domain_error_text

_ASKED = frozenset(ModelTask) - {ModelTask.TRIAL}


@bp.post("/<number>/assistance")
@limited_by(call_limits(MODEL_CALL, by_actor))
@takes_files
def ask_model(number: str) -> AnyResponse:
    """`task` says what to write, `message` what stands in the composer."""
    if not permissions.can_ask_model(actor()):
        abort(404)
    form = DraftForm()
    form.require_valid()
    ticket = ticket_queries.find(actor(), number)
    text, task = form.text(), _task()
    permissions.require(participants.may_answer(actor(), ticket) and not ticket.is_closed)
    order = drafting.prepare(
        actor=actor(), ticket=ticket, task=task, text=text.message, internal=text.internal
    )
    run = model_run.start(order, _beginning(number))
    if _wants_stream():
        return _stream(run, number, text, draft_version(form))
    try:
        run.read()
    finally:
        run.close()
    return _page(run, number, text, draft_version(form))


@bp.post("/<number>/draft/accept")
def accept_draft(number: str) -> AnyResponse | str:
    """The draft is the reader's own from now on, though nothing in it was changed."""
    with change():
        ticket = ticket_queries.find(actor(), number)
        drafts.accept(actor=actor(), ticket=ticket)
    say(_("The draft is yours now."))
    if wants_fragment():
        return with_words(context(ticket)["reply"])
    return see_other(f"{url_for('.show', number=ticket.number)}#message")


def _beginning(number: str) -> Any:
    def begin(run: ModelRun) -> None:
        with change():
            ticket_queries.find(actor(), number)
            run.begin(actor())

    return begin


def _task() -> ModelTask:
    try:
        task = ModelTask(request.form.get("task", ""))
    except ValueError:
        raise Invalid(task="unknown") from None
    if task not in _ASKED:
        raise Invalid(task="unknown")
    return task


def _wants_stream() -> bool:
    return request.accept_mimetypes.best == "text/event-stream"


def _page(run: ModelRun, number: str, text: DraftText, seen: int) -> Response:
    """The ticket with the answer in its composer, or with what was typed and why there is none."""
    ticket = _kept(run, number, text, seen)
    form = None if _is_written(run) else CommentForm()
    values = context(ticket, form, helped=_shown(run))
    if wants_fragment():
        flash(_words(run), "said" if run.text.strip() else "error")
        return Response(with_words(values["reply"]), mimetype="text/html")
    say(_words(run))
    status = 200 if run.text.strip() else ModelFailed.status
    return Response(render_template("tickets/show.html", **values), status, mimetype="text/html")


def _is_written(run: ModelRun) -> bool:
    """Whether there is something for the composer."""
    return run.order.task in drafting.WRITES and bool(run.text.strip())


def _kept(run: ModelRun, number: str, text: DraftText, seen: int) -> Ticket:
    """Let its text be the reader's draft, if it is one; rights are read again."""
    if not _is_written(run):
        return ticket_queries.find(actor(), number)
    with change():
        ticket = ticket_queries.find(actor(), number)
        drafts.write_by_model(
            actor=actor(),
            ticket=ticket,
            message=run.text.strip(),
            written=text.message,
            seen_version=seen,
        )
    return ticket


def _stream(run: ModelRun, number: str, text: DraftText, seen: int) -> Response:
    answer = Response(
        stream_with_context(_events(run, number, text, seen)),
        mimetype="text/event-stream",
        # Without it nginx would buffer the events.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
    answer.call_on_close(run.close)
    return answer


def _events(run: ModelRun, number: str, text: DraftText, seen: int) -> Iterator[str]:
    """The pieces, each as it comes, and at the end what the page shows besides."""
    try:
        for piece in run.pieces():
            if piece:
                yield _event("piece", text=piece)
    finally:
        run.close()
    try:
        ticket = _kept(run, number, text, seen)
    except DomainError as error:  # access ended meanwhile
        yield _event("failed", words=str(domain_error_text(error)))
        return
    url = url_for("tickets.show", number=ticket.number)
    draft = draft_queries.find(actor(), ticket.id)
    yield _event(
        "end",
        text=run.text.strip(),
        written=_is_written(run),
        words=_words(run),
        helped=render_template("tickets/_helped.html", helped=_shown(run), ticket_url=url),
        state=render_template(
            "tickets/_draft_state.html", draft=draft, draft_url=f"{url}/draft", in_place=True
        ),
    )


def _event(name: str, **data: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


def _words(run: ModelRun) -> str:
    if run.problem and not run.text.strip():
        return " ".join((_("The language model gave no answer."), str(problem_text(run.problem))))
    said = _("The language model has written. Nothing is sent.")
    return " ".join((said, str(problem_text(run.problem)))) if run.problem else said


def _shown(run: ModelRun) -> dict[str, Any]:
    """What `_helped.html` shows."""
    order, text = run.order, run.text.strip()
    if order.task is ModelTask.TITLE:
        text = " ".join(text.split())[:MAX_SUBJECT]
    return {
        "task": order.task,
        "text": "" if order.task in drafting.WRITES else text,
        "problem": problem_text(run.problem) if run.problem else "",
        "redacted": [(one.placeholder, KIND_LABELS[one.kind], one.value) for one in order.redacted],
        "unknown": run.unknown,
    }
