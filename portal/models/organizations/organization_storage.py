"""OrganizationStorage: how many bytes of files an organization has here."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model


class OrganizationStorage(Model):
    """Kept by whoever adds or deletes files; an organization without files may have no row.

    Not a column of the organization: that row is locked before tickets, and this one after them.
    """

    __tablename__ = "organization_storage"

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    bytes: Mapped[int] = mapped_column(BigInteger)
