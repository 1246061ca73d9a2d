"""BulkChange: the former values of a bulk action, kept while it can be undone."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import NOT_THEIRS, stays_after_erasure
from portal.models.base import BigId, Created, Model
from portal.models.people.rights_snapshot import RightsSnapshot


class BulkChange(RightsSnapshot, Created, Model):
    """`changes` is a list of [ticket id, former value, version after the change, former times]."""

    __tablename__ = "bulk_changes"
    __table_args__ = (Index(None, "created_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    actor_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        info=stays_after_erasure("gone after minutes") | NOT_THEIRS,
    )
    action: Mapped[str] = mapped_column(String(16))
    changes: Mapped[list[Any]] = mapped_column(JSON)
