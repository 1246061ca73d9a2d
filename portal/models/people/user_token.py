"""UserToken: a mailed link that can be used once. The link's secret is its signature.

No secret is stored, not even hashed: whoever reads the database cannot forge a link, and a link is
valid only while its row says so.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.models.annotations import (
    DELETE_ALL_ROWS,
    ROW_GOES,
    SECRET,
    after_restore,
    erased_by_rule,
)
from portal.models.base import BigId, Created, Model, UtcDateTime


class TokenPurpose(StrEnum):
    """What a signed link is for. Each purpose has a signing salt of its own."""

    RESET = "reset"
    CHANGE_EMAIL = "change_email"
    # Mailed to an account's former address; valid for some days.
    UNDO_EMAIL = "undo_email"
    # A sign-in that waits for the code. Its text is in the session cookie.
    SECOND_FACTOR = "second_factor"
    # For people who may have no account; they have tables of their own.
    INVITATION = "invitation"
    REGISTRATION = "registration"
    DOMAIN = "domain"


class UserToken(Created, Model):
    """`data` holds parameters such as the new address. `used_at` ends the link."""

    __tablename__ = "user_tokens"
    __table_args__ = (
        Index(None, "user_id", "purpose"),
        Index(None, "expires_at"),
        after_restore(DELETE_ALL_ROWS),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES | SECRET
    )
    purpose: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any]] = mapped_column(
        JSON,
        default=dict,
        info=erased_by_rule("others' rows that name one of the addresses go") | SECRET,
    )
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def is_usable(self) -> bool:
        """Whether the link is unused and has not expired."""
        return self.used_at is None and self.expires_at > clock.now()
