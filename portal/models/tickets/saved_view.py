"""SavedView: a filter of the queue under a name."""

from sqlalchemy import Boolean, ForeignKey, Index, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, erased_by_rule, exported_as
from portal.models.base import BigId, Created, Model

# SQLite uses a partial index only for a query with the same words.
SHARED = text("shared")
_BY_RULE = erased_by_rule("own ones go, shared ones lose their author")


class SavedView(Created, Model):
    """`query` is the filter as the queue's address has it.

    One's own is seen by nobody else. A shared one belongs to the desk: it stays, without an owner,
    when its author is erased.
    """

    __tablename__ = "saved_views"
    __table_args__ = (
        Index(None, "owner_id", "position"),
        Index("ix_saved_views_shared", "position", sqlite_where=SHARED, postgresql_where=SHARED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id"),
        info=_BY_RULE | exported_as("saved_views"),
    )
    name: Mapped[str] = mapped_column(String(60), info=_BY_RULE | EXPORTED)
    query: Mapped[str] = mapped_column(Text, info=_BY_RULE | EXPORTED)
    shared: Mapped[bool] = mapped_column(Boolean, default=False, info=EXPORTED)
    position: Mapped[int] = mapped_column(default=0, info=EXPORTED)
    # The digit after `g` that leads there.
    key: Mapped[int | None] = mapped_column(SmallInteger, info=EXPORTED)
