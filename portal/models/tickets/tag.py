"""Tag: a free keyword. TicketTag: the tags of tickets."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model

MAX_LENGTH = 66


class Tag(Model):
    """In lower case, without spaces."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_LENGTH), unique=True)


class TicketTag(Model):
    """Read by ticket, and by tag with the newest ticket first."""

    __tablename__ = "ticket_tags"
    __table_args__ = (Index(None, "tag_id", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True
    )
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id"), primary_key=True)
