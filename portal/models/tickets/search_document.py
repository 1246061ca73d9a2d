"""SearchDocument: the stems of a ticket's words, as `queries.tickets.search` writes and reads them.

`public` holds what the requester may find; `internal` adds the words of internal notes. The
database keeps its own full-text index over the two columns (see the first migration).
"""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import CONVERSATION, not_exported
from portal.models.base import Model


class SearchDocument(Model):
    """One ticket's document."""

    __tablename__ = "search_documents"

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True
    )
    public: Mapped[str] = mapped_column(
        Text, info=CONVERSATION | not_exported("made of the conversation")
    )
    internal: Mapped[str] = mapped_column(
        Text, default="", info=CONVERSATION | not_exported("made of the conversation")
    )
