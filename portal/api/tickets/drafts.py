"""`/tickets/{number}/drafts`: what a language model writes for who answers a ticket."""

from typing import Any

from flask import Response
from marshmallow import fields

from portal.api import bp
from portal.api.authentication import actor, by_caller
from portal.api.authorization import Audience, begin_change
from portal.api.fields import Answer, Choice, Schema, Text, about
from portal.api.responses import committed, json_response
from portal.errors import (
    Forbidden,
    ModelBudgetSpent,
    ModelBusy,
    ModelFailed,
    ModelNotAllowed,
    ModelNotSetUp,
    ModelWriting,
    NotFound,
)
from portal.extensions import db
from portal.models.assistance import ModelTask
from portal.queries.tickets import participants
from portal.queries.tickets import tickets as ticket_queries
from portal.redaction import Kind
from portal.security import permissions
from portal.services.assistance import drafting
from portal.web.assistance import model_run
from portal.web.assistance.model_run import ModelRun
from portal.web.rate_limits import limits

_TASKS = [str(task) for task in ModelTask if task is not ModelTask.TRIAL]


class NewDraftSchema(Schema):
    """What to write."""

    task = Choice(
        _TASKS,
        required=True,
        metadata=about(
            "`draft` an answer, a `summary` or a `title` of the ticket; or `text` written "
            "`shorter`, `friendlier`, or in the customer's `language`."
        ),
    )
    text = Text(
        max_length=drafting.MAX_TEXT,
        load_default="",
        metadata=about("What is written anew; for `draft` what was begun. Never a note."),
    )


class RedactedSchema(Answer):
    """A value that did not leave the desk."""

    placeholder = fields.String(metadata=about("What stood in its place.", "[EMAIL_1]"))
    kind = fields.String(metadata={"enum": [*map(str, Kind)], **about("What it is.")})
    value = fields.String(metadata=about("The value.", "dora@example.com"))


class DraftSchema(Answer):
    """A text that nobody has read yet. Nothing is sent or kept."""

    task = fields.String(metadata={"enum": _TASKS, **about("As asked.")})
    text = fields.String(metadata=about("What the model wrote: Markdown, with values put back."))
    redacted = fields.List(fields.Nested(RedactedSchema))
    unresolved = fields.List(
        fields.String(), metadata=about("Placeholders in the text that stand for nothing.")
    )
    tokens = fields.Integer(metadata=about("What it cost, about.", 812))


@bp.serve(
    "POST",
    "/tickets/<number>/drafts",
    to=Audience.STAFF,
    tag="tickets",
    body=NewDraftSchema,
    gives=DraftSchema,
    fails=[
        NotFound,
        Forbidden,
        ModelNotSetUp,
        ModelNotAllowed,
        ModelBudgetSpent,
        ModelWriting,
        ModelBusy,
        ModelFailed,
    ],
    limits=limits.call_limits(limits.MODEL_CALL, by_caller),
)
def draft_by_model(number: str, *, body: dict[str, Any]) -> Response:
    """Have a language model write for a ticket. The answer may take as long as the desk allows it.

    Names, addresses, numbers and secrets are taken out before a text leaves, and put back.
    """
    who = actor()
    ticket = ticket_queries.find(who, number)
    permissions.require(participants.may_answer(who, ticket) and not ticket.is_closed)
    order = drafting.prepare(
        actor=who, ticket=ticket, task=ModelTask(body["task"]), text=body["text"]
    )

    def begin(run: ModelRun) -> None:
        asking = begin_change()
        ticket_queries.find(asking, number)
        run.begin(asking)
        db.session.commit()

    run = model_run.start(order, begin)
    try:
        run.read()
    finally:
        run.close()
    if run.problem:
        raise ModelFailed(reason=run.problem)
    asking = begin_change()  # who may not see it any more gets nothing
    ticket = ticket_queries.find(asking, number)
    return committed(json_response(_json(run)), ticket=ticket)


def _json(run: ModelRun) -> dict[str, Any]:
    return {
        "task": run.order.task,
        "text": run.text.strip(),
        "redacted": [one._asdict() for one in run.order.redacted],
        "unresolved": run.unknown,
        "tokens": run.tokens,
    }
