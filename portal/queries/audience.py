"""For whom tickets and accounts are told outside the pages."""

from enum import Enum, auto
from typing import Self

from portal.models.people import Actor


class Audience(Enum):
    """Whom an object is for."""

    STAFF = auto()
    CUSTOMER = auto()
    DESK_WEBHOOK = auto()
    ORGANIZATION_WEBHOOK = auto()
    # The copy of a person's data.
    ARCHIVE = auto()

    @classmethod
    def of(cls, actor: Actor) -> Self:
        """For whoever asks through the API."""
        return cls.STAFF if actor.is_staff else cls.CUSTOMER

    @classmethod
    def of_webhook(cls, *, belongs_to_desk: bool) -> Self:
        """For a webhook of the desk or of an organization."""
        return cls.DESK_WEBHOOK if belongs_to_desk else cls.ORGANIZATION_WEBHOOK
