"""Target: what is learned of a ticket, and may be set by the desk itself."""

from enum import StrEnum


class Target(StrEnum):
    """A property of tickets."""

    TYPE = "type"
    DEPARTMENT = "department"
    PRIORITY = "priority"
    TAGS = "tags"


class Suggested(StrEnum):
    """What is suggested without having been learned."""

    ANSWERS = "answers"
    REPLY = "reply"
    TONE = "tone"


ALL_SUGGESTED = (*Target, *Suggested)
