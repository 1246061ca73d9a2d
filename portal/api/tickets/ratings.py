"""`/tickets/{number}/rating`: what the requester said of how it was handled."""

from flask import Response
from marshmallow import fields

from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience
from portal.api.fields import Answer, about, moment
from portal.api.responses import json_response
from portal.errors import NotFound
from portal.models.tickets import Rating
from portal.queries.tickets import tickets as queries


class RatingSchema(Answer):
    """The requester's latest word on it. All is null while there is none."""

    rating = fields.String(
        allow_none=True, metadata={"enum": [*map(str, Rating), None], **about("How it was.")}
    )
    comment = fields.String(
        allow_none=True, metadata=about("What they added, as plain text.", "Quick and friendly.")
    )
    rated_at = moment("When they said so.", allow_none=True)


@bp.serve(
    "GET",
    "/tickets/<number>/rating",
    to=Audience.STAFF,
    tag="tickets",
    gives=RatingSchema,
    fails=[NotFound],
)
def read_rating(number: str) -> Response:
    """How the requester rated a ticket."""
    ticket = queries.find(actor(), number)
    return json_response(
        {
            "rating": ticket.rating,
            "comment": ticket.rating_comment,
            "rated_at": ticket.rated_at,
        }
    )
