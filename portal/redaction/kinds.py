"""What is redacted, and where in a text it stands."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The word in a placeholder: `[EMAIL_1]`."""

    SECRET = "SECRET"  # noqa: S105 - a kind of text
    EMAIL = "EMAIL"
    IBAN = "IBAN"
    CARD = "CARD"
    PHONE = "PHONE"
    IP = "IP"
    INN = "INN"
    NAME = "NAME"
    # What looks like a placeholder of ours, so that nothing else is put in its place.
    TEXT = "TEXT"


class Span(NamedTuple):
    """A part of a text. Where two overlap, the kind is that of the first of `Kind`."""

    start: int
    end: int
    kind: Kind
