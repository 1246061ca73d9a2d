"""CustomerNote: what staff write down about a person or an organization."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    BARE_NUMBER,
    EXPORTED,
    INTERNAL,
    NOT_THEIRS,
    ROW_GOES,
    exported_as,
)
from portal.models.base import BigId, Created, Model, UtcDateTime


class CustomerNote(Created, Model):
    """About one of both. A person's go with them, and are in the copy of their data."""

    __tablename__ = "customer_notes"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (organization_id IS NULL)", name="about_one"),
        Index(None, "user_id", "id"),
        Index(None, "organization_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        info=ROW_GOES | exported_as("notes_about_you"),
    )
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), info=INTERNAL
    )
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), info=BARE_NUMBER | NOT_THEIRS)
    text: Mapped[str] = mapped_column(Text, info=EXPORTED)
    # When its author changed it; NULL for never.
    updated_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
