"""OrganizationDomain: a mail domain whose new accounts join an organization."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import NOT_THEIRS, after_restore, stays_after_erasure
from portal.models.base import BigId, Created, Model, UtcDateTime

# RFC 1035, 2.3.4, without the last dot.
MAX_DOMAIN = 253
_CONFIRMED = text("confirmed_at IS NOT NULL")


class OrganizationDomain(Created, Model):
    """Asked for, until a mailed link is pressed at the domain; confirmed, it has one organization.

    The mailed link is signed like a UserToken's.
    """

    __tablename__ = "organization_domains"
    __table_args__ = (
        UniqueConstraint("organization_id", "domain"),
        Index(
            "uq_organization_domains_confirmed",
            "domain",
            unique=True,
            sqlite_where=_CONFIRMED,
            postgresql_where=_CONFIRMED,
        ),
        Index(None, "expires_at"),
        # What was taken back since the backup would become usable again.
        after_restore("DELETE FROM {table} WHERE confirmed_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    # In Unicode, as in stored addresses.
    domain: Mapped[str] = mapped_column(String(MAX_DOMAIN))
    # What new accounts are: a user or a viewer.
    role: Mapped[str] = mapped_column(String(16))
    asked_by_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"),
        info=stays_after_erasure("a number without a name; the domain is the organization's")
        | NOT_THEIRS,
    )
    # Until then the link works; NULL once it was pressed.
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
