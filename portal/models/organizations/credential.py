"""Credential: an organization's secret for an external service. Write-only for users."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import NOT_THEIRS, SECRET, Encrypted, stays_after_erasure
from portal.models.base import BigId, Created, Model, UtcDateTime


class Credential(Created, Model):
    """Pages and API show the name only."""

    __tablename__ = "credentials"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str] = mapped_column(String(60))
    secret: Mapped[str] = mapped_column(Encrypted("credential"), info=SECRET)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_by_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"),
        info=stays_after_erasure("a number without a name; the key is the organization's")
        | NOT_THEIRS,
    )
