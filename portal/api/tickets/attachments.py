"""`/tickets/{number}/attachments`, `/attachments/{id}`: files."""

from typing import Any

from flask import Response
from marshmallow import fields, validate

from portal.api import bp
from portal.api.authentication import actor, by_caller, is_staff
from portal.api.authorization import Audience, begin_change
from portal.api.fields import Choice, File, Schema, Text, about
from portal.api.responses import committed, list_response
from portal.api.schemas import AttachmentPageSchema, PageQuery
from portal.errors import (
    Forbidden,
    Invalid,
    NotFound,
    StorageFull,
    TicketClosed,
    TooLarge,
    or_not_found,
)
from portal.extensions import db
from portal.queries.tickets import conversation, participants, serializers
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.tickets import comments as services
from portal.web.files import downloads, uploads
from portal.web.rate_limits import limits


class UploadSchema(Schema):
    """Files, and what is said with them."""

    attachments = fields.List(
        File(),
        required=True,
        error_messages={"required": "required"},
        validate=validate.Length(min=1, error="required"),
        metadata=about("One or several files, up to ten of 20 MB each and 50 MB together."),
    )
    message = Text(
        max_length=services.MAX_MESSAGE, metadata=about("Markdown. Default: the files' names.")
    )
    internal = Choice(["true", "false"], metadata=about("A note among staff. Default: false."))


@bp.serve(
    "GET",
    "/tickets/<number>/attachments",
    to=Audience.SIGNED_IN,
    tag="attachments",
    query=PageQuery,
    gives=AttachmentPageSchema,
    fails=[NotFound],
)
def list_attachments(number: str, *, query: dict[str, Any]) -> Response:
    """The files on a ticket, oldest first."""
    who = actor()
    ticket = ticket_queries.find(who, number)
    page = conversation.files(who, ticket.id, size=query["limit"], cursor=query.get("cursor", ""))
    items = [serializers.attachment(row, serializers.Audience.of(who)) for row in page.rows]
    return list_response(items, page.next)


@bp.serve(
    "POST",
    "/tickets/<number>/attachments",
    to=Audience.SIGNED_IN,
    tag="attachments",
    form=UploadSchema,
    gives=AttachmentPageSchema,
    status=201,
    fails=[NotFound, Forbidden, TicketClosed, TooLarge, StorageFull],
    limits=limits.writing_limits(by_caller, is_staff),
)
def add_attachments(number: str, *, form: dict[str, Any]) -> Response:
    """Put files on a ticket, as a comment of their own. Answers those that were added."""
    who = actor()
    permissions.require(participants.may_answer(who, ticket_queries.find(who, number)))
    stored = uploads.store("attachments")
    if not stored:
        raise Invalid(attachments="required")
    comment_fields: dict[str, Any] = {
        "uploads": stored,
        "message": form.get("message") or ", ".join(upload.filename for upload in stored),
        "internal": form.get("internal") == "true",
    }
    services.prerender_answer(actor=who, **comment_fields)
    who = begin_change()
    ticket = ticket_queries.find(who, number, lock=True)
    comment = services.post(actor=who, ticket=ticket, **comment_fields)
    db.session.flush()
    files = conversation.files_of(ticket.id, [comment.id])[comment.id]
    items = [serializers.attachment(file, serializers.Audience.of(who)) for file in files]
    return committed(list_response(items, status=201), ticket=ticket)


@bp.serve(
    "GET",
    "/attachments/<id:attachment_id>",
    to=Audience.SIGNED_IN,
    tag="attachments",
    gives="application/octet-stream",
    fails=[NotFound],
    headers={"Content-Disposition": "What to call the file."},
)
def read_attachment(attachment_id: int) -> Response:
    """A file, as it was uploaded."""
    attachment = or_not_found(conversation.find_file(actor(), attachment_id))
    response = downloads.send_attachment(attachment)
    # The list tells the real type; sent with this one, a browser does not interpret the file.
    response.mimetype = "application/octet-stream"
    return response
