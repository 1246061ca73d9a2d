"""`/tickets/{number}/suggestions`: what assistance suggests for a ticket, for staff."""

from typing import Any

from flask import Response
from marshmallow import fields

from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience
from portal.api.fields import Answer, about
from portal.api.responses import json_response
from portal.errors import NotFound
from portal.extensions import setting
from portal.learning.tone import Tone, tone
from portal.models.assistance import Suggested, Target
from portal.models.tickets import Ticket
from portal.models.tickets.ticket import format_number
from portal.queries.assistance import earlier_answers, learnable, suggestions, wanted
from portal.queries.tickets import tickets as ticket_queries
from portal.text_analysis.languages import possible_languages


class SuggestionSchema(Answer):
    """A value that tickets like it have got from the staff."""

    property = fields.String(
        metadata={"enum": [str(target) for target in Target], **about("What it is a value of.")}
    )
    value = fields.String(metadata=about("The type's key, a name or a word.", "incident"))
    percent = fields.Integer(
        metadata=about("In how many of 100 cases as sure as this one it was right.", 93)
    )
    cases = fields.Integer(metadata=about("Of how many cases that was measured.", 120))
    words = fields.List(
        fields.String(), metadata=about("Of the ticket, those that spoke most for it.", ["refund"])
    )


class SimilarTicketSchema(Answer):
    """A ticket on the same matter."""

    number = fields.String(metadata=about("Its number.", "REQ000001"))
    subject = fields.String(metadata=about("As written.", "No hot water"))
    status = fields.String(metadata=about("As it is now.", "solved"))
    answer = fields.String(
        metadata=about("What the staff said last, as written; empty for none.", "Done.")
    )
    perhaps_the_same = fields.Boolean(metadata=about("Whether the same organization waits for it."))


class SuggestionsSchema(Answer):
    """What is switched off, or not sure enough, is empty or null."""

    suggestions = fields.List(
        fields.Nested(SuggestionSchema), metadata=about("The surest of each property first.")
    )
    similar = fields.List(
        fields.Nested(SimilarTicketSchema), metadata=about("The most alike first.")
    )
    language = fields.String(
        allow_none=True, metadata=about("That of the first message, by its words.", "en")
    )
    tone = fields.String(
        allow_none=True, metadata={"enum": [*map(str, Tone), None], **about("By its words.")}
    )


@bp.serve(
    "GET",
    "/tickets/<number>/suggestions",
    to=Audience.STAFF,
    tag="tickets",
    gives=SuggestionsSchema,
    fails=[NotFound],
)
def read_suggestions(number: str) -> Response:
    """What assistance suggests for a ticket."""
    ticket = ticket_queries.find(actor(), number)
    percent = setting("ASSISTANCE_SHOWN_FROM")
    found = suggestions.of_ticket(ticket, wanted.suggested_targets(), percent=percent)
    return json_response(
        {
            "suggestions": [
                {
                    "property": one.target,
                    "value": one.value,
                    "percent": one.rate.percent,
                    "cases": one.rate.cases,
                    "words": list(one.words),
                }
                for one in found
            ],
            "similar": _similar(ticket) if wanted.suggests(Suggested.ANSWERS) else [],
            **_language_and_tone(ticket),
        }
    )


def _similar(ticket: Ticket) -> list[dict[str, Any]]:
    return [
        {
            "number": format_number(one.id),
            "subject": one.subject,
            "status": one.status,
            "answer": one.answer,
            "perhaps_the_same": one.is_double,
        }
        for one in earlier_answers.of_ticket(actor(), ticket)
    ]


def _language_and_tone(ticket: Ticket) -> dict[str, str | None]:
    if not wanted.suggests(Suggested.TONE):
        return {"language": None, "tone": None}
    subject, message = learnable.texts_of(ticket.id)
    languages = possible_languages(f"{subject} {message}")
    return {
        "language": next(iter(languages), None),
        "tone": str(tone(f"{subject}\n{message}").tone),
    }
