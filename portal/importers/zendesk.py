"""Zendesk: the CSV of a view, and the CSV export of an account. Neither has messages."""

from portal.importers.fields import Field
from portal.importers.systems import System

ZENDESK = System(
    name="zendesk",
    title="Zendesk",
    columns={
        "id": Field.NUMBER,
        "ticket id": Field.NUMBER,
        "subject": Field.SUBJECT,
        "description": Field.BODY,
        "requester": Field.REQUESTER_NAME,
        "requester name": Field.REQUESTER_NAME,
        "requester email": Field.REQUESTER_EMAIL,
        "organization": Field.COMPANY,
        "requester organization": Field.COMPANY,
        "ticket organization name": Field.COMPANY,
        "status": Field.STATUS,
        "ticket status": Field.STATUS,
        "priority": Field.PRIORITY,
        "type": Field.TYPE,
        "ticket type": Field.TYPE,
        "group": Field.QUEUE,
        "tags": Field.TAGS,
        "via": Field.CHANNEL,
        "channel": Field.CHANNEL,
        "assignee": Field.ASSIGNEE,
        "created at": Field.CREATED_AT,
        "requested": Field.CREATED_AT,
        "created": Field.CREATED_AT,
        "updated at": Field.UPDATED_AT,
        "updated": Field.UPDATED_AT,
        "latest update": Field.UPDATED_AT,
        "solved at": Field.SOLVED_AT,
        "solved": Field.SOLVED_AT,
    },
    signatures=(
        frozenset({"summation column", "id"}),
        frozenset({"id", "subject", "requester"}),
        frozenset({"ticket id", "subject", "requester"}),
    ),
    words={
        Field.STATUS: {"hold": "on_hold", "on-hold": "on_hold", "deleted": "closed"},
        Field.PRIORITY: {"normal": "medium"},
        Field.TYPE: {"question": "request", "task": "request"},
        Field.CHANNEL: {"web form": "page", "web": "page", "web service (api)": "api"},
    },
    nothing=frozenset({"-"}),
)
