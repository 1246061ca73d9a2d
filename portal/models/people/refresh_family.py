"""RefreshFamily: a program's sign-in, and the hash of its current refresh token.

All tokens of a family contain a secret of the family. So one row is enough to detect reuse: a token
with the family's secret that is not the current one was used before.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, INTERNAL, ROW_GOES, SECRET, exported_as
from portal.models.base import BigId, Created, Model, UtcDateTime


class RefreshFamily(Created, Model):
    """`created_at` is when the password was given. An outdated `epoch` or `ended_at` ends it."""

    __tablename__ = "refresh_families"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES | exported_as("programs")
    )
    epoch: Mapped[int] = mapped_column(info=INTERNAL)
    family_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    token_hash: Mapped[str] = mapped_column(String(64), info=SECRET)
    address: Mapped[str] = mapped_column(String(45), default="", info=EXPORTED)
    user_agent: Mapped[str] = mapped_column(String(300), default="", info=EXPORTED)
    rotated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=EXPORTED)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=EXPORTED)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
