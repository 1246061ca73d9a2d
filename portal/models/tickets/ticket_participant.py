"""TicketParticipant: a customer who reads and answers somebody else's ticket.

They were in copy of a mail, or somebody added them. What they see is what the requester sees: no
internal note, and no other ticket.
"""

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    BARE_NUMBER,
    EXPORTED,
    INTERNAL,
    NOT_THEIRS,
    ROW_GOES,
    exported_as,
)
from portal.models.base import BigId, Created, Model


class ParticipantWay(StrEnum):
    """How somebody came to a ticket."""

    MAIL = "mail"
    PAGE = "page"
    API = "api"


class TicketParticipant(Created, Model):
    """`first_comment_id`: the first that they wrote; none yet: staff have not met them here."""

    __tablename__ = "ticket_participants"
    __table_args__ = (Index(None, "ticket_id"),)

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        primary_key=True,
        info=ROW_GOES | exported_as("participations"),
    )
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, info=EXPORTED
    )
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), info=BARE_NUMBER | NOT_THEIRS)
    way: Mapped[str] = mapped_column(String(8), info=EXPORTED)
    first_comment_id: Mapped[int | None] = mapped_column(BigId, info=INTERNAL)
