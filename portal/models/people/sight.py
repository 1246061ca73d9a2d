"""Sight: which tickets somebody sees."""

from enum import StrEnum


class Sight(StrEnum):
    """From all to one's own; `queries.tickets.tickets` says of each which those are."""

    ALL = "all"
    DEPARTMENTS = "departments"
    ORGANIZATION = "organization"
    OWN = "own"
