"""The document promises the objects that are told."""

import pytest

from portal.api import schemas
from portal.api.fields import Answer
from portal.api.webhooks import webhook_events
from portal.queries.audience import Audience
from portal.queries.people import serializers as account_serializers
from portal.queries.tickets import serializers


@pytest.mark.parametrize(
    ("schema", "fields"),
    [
        (schemas.TicketSchema, serializers.TICKET_FIELDS[Audience.STAFF]),
        (schemas.TicketSchema, serializers.TICKET_FIELDS[Audience.CUSTOMER]),
        (schemas.CommentSchema, serializers.COMMENT_FIELDS[Audience.STAFF]),
        (schemas.AttachmentSchema, serializers.ATTACHMENT_FIELDS[Audience.STAFF]),
        (schemas.UserSchema, account_serializers.ACCOUNT_FIELDS[Audience.STAFF]),
        (schemas.UserSchema, account_serializers.ACCOUNT_FIELDS[Audience.CUSTOMER]),
        (webhook_events.ToldUserSchema, account_serializers.ACCOUNT_FIELDS[Audience.DESK_WEBHOOK]),
        (webhook_events.ToldTicketSchema, serializers.TICKET_FIELDS[Audience.DESK_WEBHOOK]),
        (webhook_events.ToldCommentSchema, serializers.COMMENT_FIELDS[Audience.DESK_WEBHOOK]),
        (webhook_events.ToldFileSchema, serializers.ATTACHMENT_FIELDS[Audience.DESK_WEBHOOK]),
    ],
)
def test_a_schema_lists_what_is_told(schema: type[Answer], fields: tuple[str, ...]) -> None:
    assert set(schema().fields) == set(fields)
