"""AccountEvent: what happened to an account, for its owner and for admins. Append-only.

Visits (sign-ins, failed ones, sign-outs) go when logs do; all else stays.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Created, Model
from portal.models.marks import by_rule, stays


class AccountEventKind(StrEnum):
    """Sign-ins and whatever changes who may do what. Never carries a secret."""

    REGISTERED = "registered"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGNED_OUT = "signed_out"
    VERIFIED = "verified"
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGE_UNDONE = "email_change_undone"
    EMAIL_CHANGED = "email_changed"
    EMAIL_RESTORED = "email_restored"
    RESET_ASKED = "reset_asked"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a word, no secret
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    TOTP_ADDED = "totp_added"
    TOTP_REMOVED = "totp_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    SECOND_FACTOR_TAKEN = "second_factor_taken"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    KEY_MADE = "key_made"
    KEY_REVOKED = "key_revoked"
    PROFILE_CHANGED = "profile_changed"
    TOKEN_REUSED = "token_reused"  # noqa: S105
    ROLE_CHANGED = "role_changed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    INVITED = "invited"
    JOINED = "joined"
    LEFT = "left"
    ORGANIZATION_ROLE_CHANGED = "organization_role_changed"
    CREDENTIAL_CHANGED = "credential_changed"
    WEBHOOK_CHANGED = "webhook_changed"
    EXPORT_ASKED = "export_asked"
    EXPORT_FETCHED = "export_fetched"
    DELETION_ASKED = "deletion_asked"
    DELETION_UNDONE = "deletion_undone"
    PSEUDONYMISED = "pseudonymised"


class AccountEvent(Created, Model):
    """Something done to `user_id` by `actor_id` (NULL: by nobody who was signed in).

    A sign-in that failed for an address that nobody has is about NULL: it is written all the same,
    so that it costs what the others do.
    """

    __tablename__ = "account_events"
    __table_args__ = (Index(None, "user_id", "id"), Index(None, "kind", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        info=stays("the log keeps kinds and times, as proof"),
    )
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"),
        info=stays("the log keeps kinds and times, as proof"),
    )
    kind: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(
        String(45), default="", info=by_rule("emptied, whoever did it")
    )
    user_agent: Mapped[str] = mapped_column(
        String(300), default="", info=by_rule("emptied, whoever did it")
    )
    data: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, info=by_rule("emptied, and addresses in others' lines")
    )
