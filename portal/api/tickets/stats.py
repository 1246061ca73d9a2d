"""`/tickets/stats/summary`: numbers of tickets, response and resolution times."""

from collections import Counter
from typing import Any

from flask import Response
from marshmallow import fields

from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience
from portal.api.fields import Answer, about
from portal.api.responses import json_response
from portal.api.schemas import PersonSchema
from portal.models.people.user import format_id
from portal.models.tickets import DONE, Priority, TicketStatus
from portal.queries.people import users
from portal.queries.tickets import workload
from portal.queries.tickets.workload import Durations


class TookSchema(Answer):
    """How long something took."""

    tickets = fields.Integer(metadata=about("Of how many tickets.", 312))
    median_seconds = fields.Float(allow_none=True, metadata=about("Half took no longer.", 840.0))
    average_seconds = fields.Float(allow_none=True, metadata=about("On average.", 2310.5))


class LoadSchema(Answer):
    """What somebody has to do."""

    assignee = fields.Nested(PersonSchema, allow_none=True)
    tickets = fields.Integer(metadata=about("Unsolved ones.", 12))


def _counts(words: list[str], description: str) -> fields.Dict:
    kinds = {word: {"type": "integer", "minimum": 0} for word in words}
    return fields.Dict(
        metadata={
            "properties": kinds,
            "required": words,
            "additionalProperties": False,
            **about(description),
        }
    )


class SummarySchema(Answer):
    """Tickets in numbers: all for staff, those that one may see for customers."""

    total = fields.Integer(metadata=about("All of them.", 1043))
    unsolved = fields.Integer(metadata=about("Those that are neither solved nor closed.", 57))
    by_status = _counts([str(status) for status in TicketStatus], "All, by status.")
    by_priority = _counts([p.word for p in Priority], "Unsolved ones, by priority.")
    by_assignee = fields.List(
        fields.Nested(LoadSchema), metadata=about("Unsolved ones; null is nobody.")
    )
    first_response = fields.Nested(TookSchema)
    resolution = fields.Nested(TookSchema)


@bp.serve(
    "GET", "/tickets/stats/summary", to=Audience.SIGNED_IN, tag="tickets", gives=SummarySchema
)
def summarize() -> Response:
    """Tickets in numbers. Times are those of the newest 500."""
    cells = workload.count_rows(actor())
    responses, solutions = workload.times(actor())
    unsolved = [cell for cell in cells if cell.status not in DONE]
    by_status = Counter({str(status): 0 for status in TicketStatus})
    by_priority = Counter({priority.word: 0 for priority in Priority})
    load: Counter[int | None] = Counter()
    for cell in cells:
        by_status[cell.status] += cell.tickets
    for cell in unsolved:
        by_priority[Priority(cell.priority).word] += cell.tickets
        load[cell.assignee_id] += cell.tickets
    return json_response(
        {
            "total": sum(cell.tickets for cell in cells),
            "unsolved": sum(cell.tickets for cell in unsolved),
            "by_status": dict(by_status),
            "by_priority": dict(by_priority),
            "by_assignee": _load_json(load),
            "first_response": _took_json(responses),
            "resolution": _took_json(solutions),
        }
    )


def _load_json(load: Counter[int | None]) -> list[dict[str, Any]]:
    names = users.names([person for person in load if person is not None])
    return [
        {
            "assignee": None if who is None else {"id": format_id(who), "name": names[who]},
            "tickets": tickets,
        }
        for who, tickets in load.most_common()
    ]


def _took_json(took: Durations) -> dict[str, Any]:
    return {
        "tickets": took.tickets,
        "median_seconds": took.median,
        "average_seconds": took.average,
    }
