"""osTicket: "Export" above a queue. Messages are there when a column was made for them."""

from portal.importers.fields import Field
from portal.importers.systems import System

OSTICKET = System(
    name="osticket",
    title="osTicket",
    columns={
        "ticket number": Field.NUMBER,
        "subject": Field.SUBJECT,
        "issue summary": Field.SUBJECT,
        "issue details": Field.BODY,
        "message": Field.BODY,
        "from": Field.REQUESTER_NAME,
        "user": Field.REQUESTER_NAME,
        "from email": Field.REQUESTER_EMAIL,
        "organization": Field.COMPANY,
        "current status": Field.STATUS,
        "status": Field.STATUS,
        "priority": Field.PRIORITY,
        "department": Field.QUEUE,
        "source": Field.CHANNEL,
        "ticket source": Field.CHANNEL,
        "assigned to": Field.ASSIGNEE,
        "agent assigned": Field.ASSIGNEE,
        "date created": Field.CREATED_AT,
        "date": Field.CREATED_AT,
        "last updated": Field.UPDATED_AT,
        "close date": Field.SOLVED_AT,
        "closed date": Field.SOLVED_AT,
    },
    signatures=(
        frozenset({"ticket number", "subject"}),
        frozenset({"ticket number", "from"}),
        frozenset({"ticket number", "date created"}),
    ),
    words={
        Field.STATUS: {"resolved": "solved", "archived": "closed", "deleted": "closed"},
        Field.PRIORITY: {"normal": "medium", "emergency": "urgent"},
        Field.CHANNEL: {"web": "page"},
    },
)
