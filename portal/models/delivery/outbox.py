"""Outbox: a mail to be sent, written in the transaction of the change that causes it.

A row is sent under a lease; when its holder dies, another worker takes over.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    BARE_NUMBER,
    after_restore,
    erased_by_rule,
    not_exported,
    park_pending,
)
from portal.models.base import BigId, Created, Model
from portal.models.delivery.leased import Deliverable

# An answer, for the requester.
REPLY = "reply"
# The one mail about an internal note, for the colleagues whom it names. It has none of its words.
MENTIONED = "mentioned"
# The statistics of a week or month, see ReportSubscription.
REPORT = "statistics_report"
# What the reason of a mail begins with that was sent and came back.
RETURNED = "came back: "
# Of a mail.
_REPEATS = not_exported("says again what tickets and activity say")


class NoticeKind(StrEnum):
    """Kinds of the mail `account_notice`; their texts are in `portal.mail.security_notices`."""

    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, no secret
    PASSWORD_RESET = "password_reset"  # noqa: S105
    EMAIL_CHANGE_ASKED = "email_change_asked"
    EMAIL_CHANGE_ASKED_BY_DESK = "email_change_asked_by_desk"
    EMAIL_CHANGED = "email_changed"
    EMAIL_LEFT = "email_left"
    EMAIL_RESTORED = "email_restored"
    TOTP_ADDED = "totp_added"
    TOTP_REMOVED = "totp_removed"
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    SECOND_FACTOR_TAKEN = "second_factor_taken"
    SECOND_FACTOR_REQUIRED = "second_factor_required"
    KEY_MADE = "key_made"
    KEY_REVOKED = "key_revoked"
    KEYS_RESET = "keys_reset"
    SESSIONS_ENDED = "sessions_ended"
    SIGNED_OUT_BY_DESK = "signed_out_by_desk"
    ROLE_CHANGED = "role_changed"
    RIGHTS_CHANGED = "rights_changed"
    ENABLED = "enabled"
    INVITED = "invited"
    JOINED = "joined"
    DOMAIN_CONFIRMED = "domain_confirmed"
    ORGANIZATION_SHUT = "organization_shut"
    ORGANIZATION_OPENED = "organization_opened"
    LEFT = "left"
    ORGANIZATION_ROLE_CHANGED = "organization_role_changed"
    CREDENTIAL_CHANGED = "credential_changed"
    WEBHOOK_CHANGED = "webhook_changed"
    WEBHOOK_STOPPED = "webhook_stopped"
    DESK_WEBHOOK_CHANGED = "desk_webhook_changed"
    DESK_WEBHOOK_STOPPED = "desk_webhook_stopped"
    PRODUCTS_NOT_FETCHED = "products_not_fetched"
    MERGED = "merged"
    EXPORT_READY = "export_ready"
    DELETION_ASKED = "deletion_asked"
    DELETION_ASKED_BY_DESK = "deletion_asked_by_desk"
    DELETION_UNDONE = "deletion_undone"
    TABLE_EXPORT_READY = "table_export_ready"
    TABLE_EXPORT_FAILED = "table_export_failed"
    MAIL_HELD = "mail_held"
    MAIL_NOT_FETCHED = "mail_not_fetched"
    MAIL_NOT_READ = "mail_not_read"
    MAIL_NOT_TAKEN = "mail_not_taken"
    MAIL_COMES_AGAIN = "mail_comes_again"


# Notices to those who manage the organization or the desk, while they do.
OF_ORGANIZATION = frozenset(
    {
        NoticeKind.INVITED,
        NoticeKind.JOINED,
        NoticeKind.DOMAIN_CONFIRMED,
        NoticeKind.ORGANIZATION_SHUT,
        NoticeKind.ORGANIZATION_OPENED,
        NoticeKind.CREDENTIAL_CHANGED,
        NoticeKind.WEBHOOK_CHANGED,
        NoticeKind.WEBHOOK_STOPPED,
        NoticeKind.PRODUCTS_NOT_FETCHED,
    }
)
OF_DESK = frozenset(
    {
        NoticeKind.DESK_WEBHOOK_CHANGED,
        NoticeKind.DESK_WEBHOOK_STOPPED,
        NoticeKind.MAIL_NOT_FETCHED,
        NoticeKind.MAIL_NOT_READ,
        NoticeKind.MAIL_NOT_TAKEN,
        NoticeKind.MAIL_COMES_AGAIN,
    }
)
OF_EXPORTS = frozenset({NoticeKind.TABLE_EXPORT_READY, NoticeKind.TABLE_EXPORT_FAILED})


class ReasonNotToSend(StrEnum):
    """Why a mail is not sent, in the words that `flask outbox list` shows; pages have their own."""

    INTERNAL = "the comment is internal"
    LINK_DEAD = "its link was used, has expired or was replaced"
    INVITATION_DEAD = "the invitation was used, has expired or was taken back"
    DOMAIN_DEAD = "the domain was confirmed, has expired or was taken back"
    NOT_ASKED = "no active account asked for it, or the request is not wanted any more"
    REGISTRATION_DEAD = "the registration was finished or has expired"
    TRASHED = "the ticket is in the trash"
    REOPENED = "the ticket is not solved any more"
    NO_ADDRESS = "the recipient has no address that mail can reach"
    DISABLED = "the recipient's account is disabled"
    ADDRESS_FAILS = "mails to the recipient's address come back"
    DECLINED = "the recipient has switched such mails off"
    NOT_VISIBLE = "the recipient may not see the ticket any more"
    UNSUBSCRIBED = "the report was stopped"
    NO_STATISTICS = "the recipient may not see the statistics any more"
    TOO_MANY = "their address has had many mails within the hour"
    NOT_MANAGING = "the recipient does not run what it is about any more"


class Outbox(Deliverable, Created, Model):
    """One mail to one recipient.

    `message_id` is fixed at creation, so duplicates can be recognised.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("event_id", "template", "recipient"),
        Index(None, "state", "due_at"),
        after_restore(
            park_pending("restored from a backup: it may have been sent since that was made")
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    template: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(
        String(254), info=erased_by_rule("a pseudonym") | _REPEATS
    )
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=BARE_NUMBER | _REPEATS
    )
    event_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_events.id", ondelete="CASCADE"))
    data: Mapped[dict[str, Any]] = mapped_column(
        JSON,
        default=dict,
        info=erased_by_rule("emptied, and what others' mails say of the person") | _REPEATS,
    )
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    # The request that scheduled it, so that its log lines can be found.
    request_id: Mapped[str | None] = mapped_column(String(64))
