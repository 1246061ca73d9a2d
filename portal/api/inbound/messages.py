"""`POST /inbound`: a mail that a program brings."""

from typing import Any

from flask import Response
from marshmallow import fields

from portal.api import bp
from portal.api.authorization import Audience, begin_change
from portal.api.fields import Answer, Line, Schema, about
from portal.api.responses import json_response
from portal.errors import StorageFull
from portal.inbound import receive
from portal.mail_parsing.process import MAX_BYTES
from portal.models.inbound import InboundWay
from portal.models.people import KeyScope

_MAX_ADDRESS = 254


class DeliveryQuery(Schema):
    """What is known of the delivery."""

    recipient = Line(
        max_length=_MAX_ADDRESS,
        metadata=about("Whom it was delivered to. Default: what its header says."),
    )


class KeptMailSchema(Answer):
    """A mail that was kept."""

    id = fields.Integer(metadata=about("Its number at `/admin/mail`.", 17))
    is_new = fields.Boolean(metadata=about("False: it came before, and is known by what it says."))


@bp.serve(
    "POST",
    "/inbound",
    to=Audience.ADMIN,
    scope=KeyScope.INBOUND,
    tag="inbound",
    raw=("message/rfc822", MAX_BYTES),
    query=DeliveryQuery,
    gives=KeptMailSchema,
    status=202,
    fails=[StorageFull],
)
def receive_mail(*, raw: bytes, query: dict[str, Any]) -> Response:
    """Bring a mail in. It is on the disk when this is answered, and read soon after.

    The same mail again is known. Brought with a key for this alone, which admins make.
    """
    kept = receive(
        raw,
        way=InboundWay.API,
        recipients=[query["recipient"]] if query.get("recipient") else (),
        begin=begin_change,
    )
    return json_response({"id": kept.id, "is_new": kept.is_new}, 202)
