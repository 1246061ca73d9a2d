"""SearchDocument: the terms of a ticket's texts, as `queries.tickets.search.documents` writes them.

`public` holds what the requester may find; `internal` the terms of internal notes. The database
keeps a full-text index of both columns (see migration 0002).
"""

from sqlalchemy import ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import CONVERSATION, not_exported
from portal.models.base import Model
from portal.text_analysis.terms import ANALYSIS_VERSION


class SearchDocument(Model):
    """`version` of the analysis that made it; the sweep makes older ones anew."""

    __tablename__ = "search_documents"
    __table_args__ = (Index(None, "version", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True
    )
    public: Mapped[str] = mapped_column(
        Text, info=CONVERSATION | not_exported("made of the conversation")
    )
    internal: Mapped[str] = mapped_column(
        Text, default="", info=CONVERSATION | not_exported("made of the conversation")
    )
    # The default of the database is for older code on this schema.
    version: Mapped[int] = mapped_column(SmallInteger, default=ANALYSIS_VERSION, server_default="1")
