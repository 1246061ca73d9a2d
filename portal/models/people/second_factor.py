"""RecoveryCode and Passkey: second factors in tables. The TOTP secret is a column of users."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, INTERNAL, ROW_GOES, exported_by_rule
from portal.models.base import BigId, Created, Model, UtcDateTime


class RecoveryCode(Model):
    """Valid once, when the second factor is lost. Only its hash is stored."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        info=ROW_GOES | exported_by_rule("second_factors: how many are left"),
    )
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(Created, Model):
    """A WebAuthn credential. `credential_id` and `public_key` are base64url."""

    __tablename__ = "passkeys"
    __table_args__ = (Index(None, "user_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        info=ROW_GOES | exported_by_rule("second_factors"),
    )
    name: Mapped[str] = mapped_column(String(100), info=EXPORTED)
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True, info=INTERNAL)
    public_key: Mapped[str] = mapped_column(Text, info=INTERNAL)
    sign_count: Mapped[int] = mapped_column(BigInteger, default=0, info=INTERNAL)
    transports: Mapped[list[str]] = mapped_column(JSON, default=list, info=INTERNAL)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
