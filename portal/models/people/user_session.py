"""UserSession: one signed-in browser. The cookie holds a token, the row its hash."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    DELETE_ALL_ROWS,
    EXPORTED,
    INTERNAL,
    ROW_GOES,
    SECRET,
    after_restore,
    exported_as,
)
from portal.models.base import BigId, Created, Model, UtcDateTime


class UserSession(Created, Model):
    """A browser is signed out by deleting the row or by an outdated `epoch`."""

    __tablename__ = "user_sessions"
    __table_args__ = (
        Index(None, "user_id"),
        Index(None, "expires_at"),
        after_restore(DELETE_ALL_ROWS),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=SECRET)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES | exported_as("sessions")
    )
    epoch: Mapped[int] = mapped_column(info=INTERNAL)
    remembered: Mapped[bool] = mapped_column(info=EXPORTED)
    address: Mapped[str] = mapped_column(String(45), default="", info=EXPORTED)
    user_agent: Mapped[str] = mapped_column(String(300), default="", info=EXPORTED)
    # When the user last proved their identity, which sensitive changes need.
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime, info=INTERNAL)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime, info=EXPORTED)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=EXPORTED)
