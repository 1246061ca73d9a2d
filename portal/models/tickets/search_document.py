"""SearchDocument: word stems of a ticket's texts, written and read by `queries.tickets.search`.

`public` holds what the requester may find; `internal` the words of internal notes. The database
keeps a full-text index of both columns (see the first migration).
"""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import CONVERSATION, not_exported
from portal.models.base import Model


class SearchDocument(Model):
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
