"""RefreshFamily: one sign-in of a program, and the refresh token that it holds now.

The tokens of a family come one after another, and each names the family by a secret of its own.
So one row is enough: whoever shows the family and not its present token shows a used one.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.models.marks import ROW_GOES


class RefreshFamily(Created, Model):
    """`created_at` is when the password was given. An old `epoch` or `ended_at` ends all of it."""

    __tablename__ = "refresh_families"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES)
    epoch: Mapped[int]
    family_hash: Mapped[str] = mapped_column(String(64), unique=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    rotated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
