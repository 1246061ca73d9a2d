"""PendingRegistration: form data of a registration until the address is verified."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal import clock
from portal.models.annotations import DELETE_ALL_ROWS, after_restore, erased_by_rule
from portal.models.base import BigId, Created, Model, UtcDateTime


class PendingRegistration(Created, Model):
    """One for each address, known or not; a new request replaces it and ends the former link.

    The mailed link is signed like a UserToken's. The row is deleted when it is used or has expired.
    """

    __tablename__ = "pending_registrations"
    __table_args__ = (
        Index(None, "expires_at"),
        after_restore(DELETE_ALL_ROWS),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(
        String(254), unique=True, info=erased_by_rule("rows with one of the addresses go")
    )
    first_name: Mapped[str] = mapped_column(String(100), default="")
    last_name: Mapped[str] = mapped_column(String(100), default="")
    company_name: Mapped[str] = mapped_column(String(200), default="")
    username: Mapped[str | None] = mapped_column(String(40))
    phone: Mapped[str | None] = mapped_column(String(20))
    inn: Mapped[str | None] = mapped_column(String(12))
    marketplace_type: Mapped[str | None] = mapped_column(String(16))
    locale: Mapped[str] = mapped_column(String(8), default="en")
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # A ticket that is filed with the account, if one was written along with the registration.
    subject: Mapped[str | None] = mapped_column(String(250))
    message: Mapped[str | None] = mapped_column(Text)

    @property
    def is_usable(self) -> bool:
        """Whether the link has not expired."""
        return self.expires_at > clock.now()
