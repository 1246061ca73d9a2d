"""ApiKey: a credential for integrations. Found by its prefix, verified by its digest."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, ROW_GOES, SECRET, exported_as
from portal.models.base import BigId, Created, Model, UtcDateTime


class KeyScope(StrEnum):
    """`write` includes `read`; `inbound` brings mail in, and opens nothing else."""

    READ = "read"
    WRITE = "write"
    INBOUND = "inbound"


class ApiKey(Created, Model):
    """Acts as its user within its scope until it expires or is revoked. Its text is shown once."""

    __tablename__ = "api_keys"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES | exported_as("api_keys")
    )
    name: Mapped[str] = mapped_column(String(100), info=EXPORTED)
    prefix: Mapped[str] = mapped_column(String(16), unique=True, info=EXPORTED)
    digest: Mapped[str] = mapped_column(String(64), info=SECRET)
    scope: Mapped[str] = mapped_column(String(8), info=EXPORTED)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
