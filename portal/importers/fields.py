"""What an imported ticket may consist of: the fields that columns are mapped to."""

from portal.models.kinds import SpecifiedKind


class Field(SpecifiedKind):
    """A field; `spec` is what an operator reads about it."""

    spec: str

    NUMBER = ("number", "number in the old desk: shown and found; each is imported once")
    SUBJECT = ("subject", "subject; without one the first words of the message")
    BODY = ("body", "first message; without one the subject")
    REQUESTER_EMAIL = ("requester_email", "address of who asked: Ann <ann@example.com> works, too")
    REQUESTER_NAME = ("requester_name", "name of who asked, or an address")
    COMPANY = ("company", "organization of requesters who are new here")
    STATUS = ("status", "new, open, pending, on_hold, solved, closed")
    PRIORITY = ("priority", "low, medium, high, urgent")
    TYPE = ("type", "incident, request, problem, change")
    QUEUE = ("queue", "department")
    LANGUAGE = ("language", "code such as en or pt-br")
    TAGS = ("tags", "tags between spaces, or between commas or semicolons")
    CHANNEL = ("channel", "how it came to the old desk: page, phone, api, mail, import")
    ASSIGNEE = ("assignee", "address or full name of somebody on the staff here; else nobody")
    CREATED_AT = ("created_at", "when it was filed")
    UPDATED_AT = ("updated_at", "when it was last changed")
    SOLVED_AT = ("solved_at", "when it was solved or closed")
    FIRST_RESPONSE_AT = ("first_response_at", "when it was first answered")
    ANSWER = ("answer", "answer of the staff, seen by the requester")
    COMMENT = ("comment", "text, or date;author;text: seen by the requester")
    NOTE = ("note", "the same, seen by the staff alone unless the requester wrote it")
    IGNORE = ("ignore", "leaves the column out")


DATES = (Field.CREATED_AT, Field.UPDATED_AT, Field.SOLVED_AT, Field.FIRST_RESPONSE_AT)
COMMENTS = (Field.ANSWER, Field.COMMENT, Field.NOTE)
# Words of these are translated by tables and by --map-value.
CHOICES = (Field.STATUS, Field.PRIORITY, Field.TYPE, Field.CHANNEL)
