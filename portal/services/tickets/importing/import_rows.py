"""ImportedTicket: a ticket of another system as it is to be stored here, checked already."""

from datetime import datetime
from typing import NamedTuple

from portal.models.tickets import Channel, Priority, TicketStatus
from portal.services.people.imports import ImportedPerson


class ImportedComment(NamedTuple):
    """A message after the first. `author` as the other system calls them, or empty."""

    message: str
    author: str = ""
    by_requester: bool = False
    internal: bool = False
    at: datetime | None = None

    @property
    def answers(self) -> bool:
        """Whether the staff answer the requester with it."""
        return not self.by_requester and not self.internal


class ImportedTicket(NamedTuple):
    """`key` is the same whenever the same ticket is imported. Unknown moments are None."""

    key: str
    external_number: str | None
    subject: str
    message: str
    comments: tuple[ImportedComment, ...]
    requester: ImportedPerson | None
    status: TicketStatus
    priority: Priority
    type: str | None
    department: str | None
    language: str | None
    channel: Channel
    tags: list[str]
    # The address or full name of one of the staff.
    assignee: str
    created_at: datetime | None
    updated_at: datetime | None
    solved_at: datetime | None
    first_response_at: datetime | None
