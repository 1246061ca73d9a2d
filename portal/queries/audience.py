"""Audiences of serialized tickets and accounts."""

from enum import Enum, auto
from typing import Self

from portal.models.people import Actor


class Audience(Enum):
    """For whom a row is serialized."""

    STAFF = auto()
    CUSTOMER = auto()
    DESK_WEBHOOK = auto()
    ORGANIZATION_WEBHOOK = auto()
    # An export of personal data.
    ARCHIVE = auto()

    @classmethod
    def of(cls, actor: Actor) -> Self:
        """The audience of an API caller."""
        return cls.STAFF if actor.is_staff else cls.CUSTOMER

    @classmethod
    def of_webhook(cls, *, belongs_to_desk: bool) -> Self:
        return cls.DESK_WEBHOOK if belongs_to_desk else cls.ORGANIZATION_WEBHOOK
