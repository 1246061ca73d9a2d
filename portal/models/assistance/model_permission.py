"""ModelPermission: whether the model may read the tickets of an organization."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model, UtcDateTime


class ModelPermission(Model):
    """Where there is none, AI_ORGANIZATIONS says it."""

    __tablename__ = "model_permissions"
    __table_args__ = (Index(None, "changed_at"),)

    organization_id: Mapped[int] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE"), primary_key=True
    )
    allowed: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
