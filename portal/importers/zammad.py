"""Zammad: the tickets of a report, saved as CSV from the spreadsheet. It has no messages."""

from portal.importers.fields import Field
from portal.importers.systems import System

ZAMMAD = System(
    name="zammad",
    title="Zammad",
    columns={
        "#": Field.NUMBER,
        "number": Field.NUMBER,
        "title": Field.SUBJECT,
        "customer": Field.REQUESTER_NAME,
        "organization": Field.COMPANY,
        "state": Field.STATUS,
        "priority": Field.PRIORITY,
        "group": Field.QUEUE,
        "tags": Field.TAGS,
        "create channel": Field.CHANNEL,
        "owner": Field.ASSIGNEE,
        "created at": Field.CREATED_AT,
        "updated at": Field.UPDATED_AT,
        "closed at": Field.SOLVED_AT,
        "first response at": Field.FIRST_RESPONSE_AT,
    },
    signatures=(frozenset({"#", "title", "state"}), frozenset({"number", "title", "state"})),
    words={
        Field.STATUS: {
            "pending reminder": "pending",
            "pending close": "pending",
            "merged": "closed",
            "removed": "closed",
        },
        Field.PRIORITY: {"1 low": "low", "2 normal": "medium", "3 high": "high"},
        Field.CHANNEL: {"web": "page"},
    },
    nothing=frozenset({"-"}),
)
