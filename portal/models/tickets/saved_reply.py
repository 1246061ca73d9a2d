"""SavedReply: a text that staff send again and again; with changes of the ticket it is a macro."""

from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, erased_by_rule, exported_as
from portal.models.base import BigId, Created, Model

# SQLite uses a partial index only for a query with the same words.
SHARED = text("shared")
_BY_RULE = erased_by_rule("own ones go, shared ones lose their author")


class SavedReply(Created, Model):
    """`message` has variables (`{{ticket.number}}`), and is a note when `internal`.

    `changes` are those of a macro: status, priority, assignee, type (words) and tags to add. One's
    own is seen by nobody else. A shared one belongs to the desk: it stays, without an owner, when
    its author is erased.
    """

    __tablename__ = "saved_replies"
    __table_args__ = (
        Index(None, "owner_id", "name"),
        Index("ix_saved_replies_shared", "name", sqlite_where=SHARED, postgresql_where=SHARED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id"), info=_BY_RULE | exported_as("saved_replies")
    )
    name: Mapped[str] = mapped_column(String(60), info=_BY_RULE | EXPORTED)
    message: Mapped[str] = mapped_column(Text, default="", info=_BY_RULE | EXPORTED)
    internal: Mapped[bool] = mapped_column(Boolean, default=False, info=_BY_RULE | EXPORTED)
    shared: Mapped[bool] = mapped_column(Boolean, default=False, info=EXPORTED)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=EXPORTED)
    # How often it was inserted or applied.
    uses: Mapped[int] = mapped_column(default=0, info=EXPORTED)
