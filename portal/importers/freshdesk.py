"""Freshdesk: "Export tickets" as CSV, with the fields of tickets, contacts and companies."""

from portal.importers.fields import Field
from portal.importers.systems import System

FRESHDESK = System(
    name="freshdesk",
    title="Freshdesk",
    columns={
        "ticket id": Field.NUMBER,
        "subject": Field.SUBJECT,
        "description": Field.BODY,
        "full name": Field.REQUESTER_NAME,
        "contact name": Field.REQUESTER_NAME,
        "requester name": Field.REQUESTER_NAME,
        "email": Field.REQUESTER_EMAIL,
        "requester email": Field.REQUESTER_EMAIL,
        "company name": Field.COMPANY,
        "company": Field.COMPANY,
        "status": Field.STATUS,
        "priority": Field.PRIORITY,
        "type": Field.TYPE,
        "group": Field.QUEUE,
        "tags": Field.TAGS,
        "source": Field.CHANNEL,
        "agent": Field.ASSIGNEE,
        "created time": Field.CREATED_AT,
        "last update time": Field.UPDATED_AT,
        "last updated time": Field.UPDATED_AT,
        "resolved time": Field.SOLVED_AT,
        "closed time": Field.SOLVED_AT,
        "initial response time": Field.FIRST_RESPONSE_AT,
    },
    signatures=(frozenset({"ticket id", "created time"}), frozenset({"ticket id", "agent"})),
    words={
        Field.STATUS: {
            "resolved": "solved",
            "waiting on customer": "pending",
            "awaiting your reply": "pending",
            "waiting on third party": "on_hold",
            "being processed": "open",
        },
        Field.TYPE: {
            "question": "request",
            "service request": "request",
            "service task": "request",
            "feature request": "change",
        },
        Field.CHANNEL: {"portal": "page", "feedback widget": "page"},
    },
    nothing=frozenset({"no agent", "no group", "no company", "--", "-"}),
)
