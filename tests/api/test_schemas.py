"""The document promises the objects that are told."""

import pytest

from portal.api import schemas
from portal.api.fields import Answer
from portal.api.webhooks import webhook_events
from portal.queries.audience import Audience
from portal.queries.people import objects as accounts
from portal.queries.tickets import objects


@pytest.mark.parametrize(
    ("schema", "fields"),
    [
        (schemas.TicketSchema, objects.TICKET_FIELDS[Audience.STAFF]),
        (schemas.TicketSchema, objects.TICKET_FIELDS[Audience.CUSTOMER]),
        (schemas.CommentSchema, objects.COMMENT_FIELDS[Audience.STAFF]),
        (schemas.AttachmentSchema, objects.ATTACHMENT_FIELDS[Audience.STAFF]),
        (schemas.UserSchema, accounts.ACCOUNT_FIELDS[Audience.STAFF]),
        (schemas.UserSchema, accounts.ACCOUNT_FIELDS[Audience.CUSTOMER]),
        (webhook_events.ToldUserSchema, accounts.ACCOUNT_FIELDS[Audience.DESK_WEBHOOK]),
        (webhook_events.ToldTicketSchema, objects.TICKET_FIELDS[Audience.DESK_WEBHOOK]),
        (webhook_events.ToldCommentSchema, objects.COMMENT_FIELDS[Audience.DESK_WEBHOOK]),
        (webhook_events.ToldFileSchema, objects.ATTACHMENT_FIELDS[Audience.DESK_WEBHOOK]),
    ],
)
def test_a_schema_lists_what_is_told(schema: type[Answer], fields: tuple[str, ...]) -> None:
    assert set(schema().fields) == set(fields)
