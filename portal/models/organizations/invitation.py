"""Invitation: asks the owner of an address to join an organization. One use, until it expires."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    BARE_NUMBER,
    EXPORTED,
    INTERNAL,
    after_restore,
    erased_by_rule,
    exported_as,
)
from portal.models.base import BigId, Created, Model, UtcDateTime


class Invitation(Created, Model):
    """Only an account with the address `email` can accept it.

    The mailed link is signed like a UserToken's.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index(None, "organization_id"),
        Index(None, "email"),
        # One revoked since the backup would become usable again.
        after_restore(
            "UPDATE {table} SET revoked_at = CURRENT_TIMESTAMP "
            "WHERE accepted_at IS NULL AND revoked_at IS NULL"
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), info=INTERNAL)
    email: Mapped[str] = mapped_column(String(254), info=erased_by_rule("a pseudonym") | EXPORTED)
    role: Mapped[str] = mapped_column(String(16), info=EXPORTED)
    invited_by_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"), info=BARE_NUMBER | exported_as("invitations")
    )
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=EXPORTED)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
