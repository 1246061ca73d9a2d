"""UserSession: one signed-in browser. The cookie carries a token, the row its hash."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.models.marks import EMPTIED, ROW_GOES, after_restore


class UserSession(Created, Model):
    """Who was signed in when a copy was made is not signed in now.

    Deleting the row signs the browser out; an old `epoch` does the same.
    """

    __tablename__ = "user_sessions"
    __table_args__ = (
        Index(None, "user_id"),
        Index(None, "expires_at"),
        after_restore(EMPTIED),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES)
    epoch: Mapped[int]
    remembered: Mapped[bool]
    address: Mapped[str] = mapped_column(String(45), default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="")
    # When the person last proved to be there: asked for again before sensitive changes.
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
