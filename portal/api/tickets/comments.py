"""`/tickets/{number}/comments`."""

from collections.abc import Sequence
from typing import Any

from flask import Response

from portal.api import bp
from portal.api.authentication import actor, by_caller, is_staff
from portal.api.authorization import Audience, begin_change
from portal.api.fields import Flag, Schema, Text, about
from portal.api.responses import committed, json_response, list_response
from portal.api.schemas import CommentPageSchema, CommentSchema, PageQuery
from portal.errors import Forbidden, NotFound, TicketClosed
from portal.extensions import db
from portal.models.people import Actor
from portal.models.people.person import person_json
from portal.queries.paging import AnyRow
from portal.queries.tickets import conversation, serializers
from portal.queries.tickets import tickets as ticket_queries
from portal.services.tickets import comments as services
from portal.web.rate_limits import limits


class NewCommentSchema(Schema):
    """What is said."""

    message = Text(
        max_length=services.MAX_MESSAGE,
        needed=True,
        required=True,
        metadata=about("Markdown.", "Somebody is on the way."),
    )
    internal = Flag(metadata=about("A note among staff. Default: false."))


@bp.serve(
    "GET",
    "/tickets/<number>/comments",
    to=Audience.SIGNED_IN,
    tag="comments",
    query=PageQuery,
    gives=CommentPageSchema,
    fails=[NotFound],
)
def list_comments(number: str, *, query: dict[str, Any]) -> Response:
    """What was said on a ticket, oldest first."""
    who = actor()
    ticket = ticket_queries.find(who, number)
    page = conversation.page(who, ticket.id, size=query["limit"], cursor=query.get("cursor", ""))
    files = conversation.files_of(ticket.id, [row.id for row in page.rows])
    items = [_comment_json(who, row, files[row.id]) for row in page.rows]
    return list_response(items, page.next)


@bp.serve(
    "POST",
    "/tickets/<number>/comments",
    to=Audience.SIGNED_IN,
    tag="comments",
    body=NewCommentSchema,
    gives=CommentSchema,
    status=201,
    fails=[NotFound, Forbidden, TicketClosed],
    limits=limits.writing_limits(by_caller, is_staff),
)
def post_comment(number: str, *, body: dict[str, Any]) -> Response:
    """Say something on a ticket, to all who see it or (`internal`) among staff."""
    fields: dict[str, Any] = {"message": body["message"], "internal": body.get("internal", False)}
    services.prerender_answer(actor=actor(), **fields)
    who = begin_change()
    ticket = ticket_queries.find(who, number, lock=True)
    comment = services.post(actor=who, ticket=ticket, **fields)
    db.session.flush()
    comment_json = _comment_json(who, conversation.find_comment(comment.id), ())
    return committed(json_response(comment_json, 201), ticket=ticket)


def _comment_json(who: Actor, row: AnyRow, files: Sequence[AnyRow]) -> serializers.Object:
    audience = serializers.Audience.of(who)
    return serializers.comment(
        row,
        audience,
        author=person_json(row, "author_"),
        attachments=[serializers.attachment(file, audience) for file in files],
    )
