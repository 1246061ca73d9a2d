"""AccountEvent: an event of an account, for its owner and admins. Append-only.

Events of each visit are deleted with old logs; all others are kept.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _
from portal.models.annotations import (
    EXPORTED,
    erased_by_rule,
    exported_by_rule,
    stays_after_erasure,
)
from portal.models.base import BigId, Created, Model
from portal.models.kinds import SpecifiedKind


class DetailType(Enum):
    """The type of a detail in `data`, which decides how it is displayed."""

    # A "name" or an "email", or nothing.
    NAME = auto()
    # A key's "name" and "prefix".
    KEY = auto()
    # Where somebody was signed in: "device" (a user agent) and "from_address".
    DEVICE = auto()
    # Names of columns in "fields".
    FIELDS = auto()
    # From what to what.
    ADDRESS = auto()
    ROLE = auto()
    ORGANIZATION_ROLE = auto()
    # The words of rights "added" and "removed".
    RIGHTS = auto()
    # How many in "tickets", and what was done to them in "action".
    TICKETS = auto()
    # The "table" of an export, its "format" and, once it is known, its number of "rows".
    TABLE = auto()
    # "every" day, week or month, beside the "table" and "format" if it is of exports.
    SCHEDULE = auto()
    # A "setting" of the desk by its name, from what to what.
    SETTING = auto()


@dataclass(frozen=True)
class AccountKindSpec:
    """All properties of a kind of account events; code that treats kinds differently reads them."""

    # In the account's log and in that of all actions.
    sentence: LazyText
    detail: DetailType = DetailType.NAME
    # It comes with every visit, and goes when logs do. All else is rare and stays.
    visit: bool = False
    # A link for a new password that was asked for before it is not wanted any more.
    ends_reset: bool = False
    # The "email" in `data` may be somebody else's.
    names_address: bool = False
    # The key in `data` of an address that the account has had.
    former_address: str = ""
    # All staff read it on the person's page; how the account is guarded they do not.
    staff: bool = False
    # About what staff wrote among themselves: not for the account's owner.
    internal: bool = False


class AccountEventKind(SpecifiedKind):
    """Sign-ins, and changes of rights or credentials. `data` never contains a secret."""

    spec: AccountKindSpec

    REGISTERED = ("registered", AccountKindSpec(_("Account opened"), staff=True))
    IMPORTED = (
        "imported",
        AccountKindSpec(_("Account imported from another help desk"), staff=True),
    )
    SIGNED_IN = ("signed_in", AccountKindSpec(_("Signed in"), visit=True, ends_reset=True))
    SIGN_IN_FAILED = ("sign_in_failed", AccountKindSpec(_("Sign-in failed"), visit=True))
    SIGNED_OUT = ("signed_out", AccountKindSpec(_("Signed out"), visit=True))
    VERIFIED = ("verified", AccountKindSpec(_("E-mail address confirmed"), staff=True))
    EMAIL_CHANGE_ASKED = (
        "email_change_asked",
        AccountKindSpec(_("Change of e-mail address asked for"), names_address=True),
    )
    EMAIL_CHANGE_UNDONE = (
        "email_change_undone",
        AccountKindSpec(_("Change of e-mail address called off"), names_address=True),
    )
    EMAIL_CHANGED = (
        "email_changed",
        AccountKindSpec(
            _("E-mail address changed"),
            ends_reset=True,
            detail=DetailType.ADDRESS,
            staff=True,
            former_address="from",
        ),
    )
    EMAIL_RESTORED = (
        "email_restored",
        AccountKindSpec(_("Former e-mail address restored"), detail=DetailType.ADDRESS, staff=True),
    )
    RESET_ASKED = ("reset_asked", AccountKindSpec(_("New password asked for")))
    PASSWORD_RESET = (
        "password_reset",
        AccountKindSpec(_("Password set by a mailed link"), ends_reset=True),
    )
    PASSWORD_CHANGED = ("password_changed", AccountKindSpec(_("Password changed"), ends_reset=True))
    SESSION_ENDED = (
        "session_ended",
        AccountKindSpec(_("A device was signed out"), detail=DetailType.DEVICE),
    )
    SESSIONS_ENDED = ("sessions_ended", AccountKindSpec(_("All other devices were signed out")))
    TOTP_ADDED = ("totp_added", AccountKindSpec(_("Authenticator app added")))
    TOTP_REMOVED = ("totp_removed", AccountKindSpec(_("Authenticator app removed")))
    RECOVERY_CODES_MADE = ("recovery_codes_made", AccountKindSpec(_("Recovery codes made")))
    RECOVERY_CODE_USED = ("recovery_code_used", AccountKindSpec(_("Recovery code used")))
    SECOND_FACTOR_TAKEN = ("second_factor_taken", AccountKindSpec(_("Second factor taken away")))
    SECOND_FACTOR_REQUIRED = (
        "second_factor_required",
        AccountKindSpec(_("Second factor required")),
    )
    SECOND_FACTOR_OPTIONAL = (
        "second_factor_optional",
        AccountKindSpec(_("Second factor not required any more")),
    )
    PASSKEY_ADDED = ("passkey_added", AccountKindSpec(_("Passkey added")))
    PASSKEY_REMOVED = ("passkey_removed", AccountKindSpec(_("Passkey removed")))
    KEY_MADE = ("key_made", AccountKindSpec(_("API key made"), detail=DetailType.KEY))
    KEY_REVOKED = ("key_revoked", AccountKindSpec(_("API key revoked"), detail=DetailType.KEY))
    TOKEN_REUSED = (
        "token_reused",
        AccountKindSpec(_("A used token came back, and the program was signed out")),
    )
    PROFILE_CHANGED = (
        "profile_changed",
        AccountKindSpec(_("Profile changed"), detail=DetailType.FIELDS, staff=True),
    )
    ROLE_CHANGED = (
        "role_changed",
        AccountKindSpec(_("Role changed"), detail=DetailType.ROLE, staff=True),
    )
    RIGHTS_CHANGED = (
        "rights_changed",
        AccountKindSpec(_("Rights changed"), detail=DetailType.RIGHTS, staff=True),
    )
    NAMED_ROLE_CHANGED = ("named_role_changed", AccountKindSpec(_("Named role changed")))
    DISABLED = ("disabled", AccountKindSpec(_("Account disabled"), ends_reset=True, staff=True))
    ENABLED = ("enabled", AccountKindSpec(_("Account enabled"), staff=True))
    INVITED = ("invited", AccountKindSpec(_("Invitation sent"), names_address=True, staff=True))
    JOINED = ("joined", AccountKindSpec(_("Joined an organization"), staff=True))
    LEFT = ("left", AccountKindSpec(_("Left the organization"), staff=True))
    ORGANIZATION_ROLE_CHANGED = (
        "organization_role_changed",
        AccountKindSpec(
            _("Role in the organization changed"), detail=DetailType.ORGANIZATION_ROLE, staff=True
        ),
    )
    CREDENTIAL_CHANGED = (
        "credential_changed",
        AccountKindSpec(_("Credential of the organization changed")),
    )
    DOMAIN_ASKED = ("domain_asked", AccountKindSpec(_("Domain of an organization asked for")))
    DOMAIN_CONFIRMED = (
        "domain_confirmed",
        AccountKindSpec(_("Domain of an organization confirmed by a mailed link")),
    )
    DOMAIN_CHANGED = (
        "domain_changed",
        AccountKindSpec(_("Role of new members by their domain changed")),
    )
    DOMAIN_REMOVED = ("domain_removed", AccountKindSpec(_("Domain of an organization removed")))
    MAILS_CHANGED = ("mails_changed", AccountKindSpec(_("Owed mails sent again or let go")))
    INBOUND_DECIDED = ("inbound_decided", AccountKindSpec(_("Mails that came in decided about")))
    INBOUND_FETCHED = ("inbound_fetched", AccountKindSpec(_("A mail that came in read or fetched")))
    MAILBOX_CHANGED = ("mailbox_changed", AccountKindSpec(_("Mailbox changed")))
    SENDER_BLOCKED = (
        "sender_blocked",
        AccountKindSpec(_("Sender of mail blocked"), names_address=True),
    )
    SENDER_UNBLOCKED = (
        "sender_unblocked",
        AccountKindSpec(_("Sender of mail not blocked any more"), names_address=True),
    )
    DEPARTMENT_CHANGED = ("department_changed", AccountKindSpec(_("Department changed")))
    TYPE_CHANGED = ("type_changed", AccountKindSpec(_("Type of tickets changed")))
    MAIL_TEXT_CHANGED = ("mail_text_changed", AccountKindSpec(_("Text of a mail changed")))
    SETTING_CHANGED = (
        "setting_changed",
        AccountKindSpec(_("Setting of the desk changed"), detail=DetailType.SETTING),
    )
    WEBHOOK_CHANGED = ("webhook_changed", AccountKindSpec(_("Webhook changed")))
    EXPORT_ASKED = ("export_asked", AccountKindSpec(_("Export of all data asked for")))
    EXPORT_FETCHED = ("export_fetched", AccountKindSpec(_("Export of all data fetched")))
    TABLE_EXPORT_ASKED = (
        "table_export_asked",
        AccountKindSpec(_("Export of the desk's tables asked for"), detail=DetailType.TABLE),
    )
    TABLE_EXPORT_FETCHED = (
        "table_export_fetched",
        AccountKindSpec(_("Export of the desk's tables fetched"), detail=DetailType.TABLE),
    )
    TABLE_SCHEDULE_MADE = (
        "table_schedule_made",
        AccountKindSpec(_("Schedule of exports made"), detail=DetailType.SCHEDULE),
    )
    TABLE_SCHEDULE_CHANGED = (
        "table_schedule_changed",
        AccountKindSpec(_("Schedule of exports changed"), detail=DetailType.SCHEDULE),
    )
    TABLE_SCHEDULE_DELETED = (
        "table_schedule_deleted",
        AccountKindSpec(_("Schedule of exports deleted"), detail=DetailType.SCHEDULE),
    )
    REPORT_ASKED = (
        "report_asked",
        AccountKindSpec(_("Statistics by mail asked for"), detail=DetailType.SCHEDULE),
    )
    REPORT_ENDED = (
        "report_ended",
        AccountKindSpec(_("Statistics by mail stopped"), detail=DetailType.SCHEDULE),
    )
    MAIL_STOPPED = (
        "mail_stopped",
        AccountKindSpec(_("No more mails about tickets, as several came back"), staff=True),
    )
    MAIL_RESUMED = (
        "mail_resumed",
        AccountKindSpec(_("Mails about tickets again"), staff=True),
    )
    DELETION_ASKED = (
        "deletion_asked",
        AccountKindSpec(_("Deletion of the account asked for"), staff=True),
    )
    DELETION_UNDONE = (
        "deletion_undone",
        AccountKindSpec(_("Deletion of the account called off"), staff=True),
    )
    NOTE_WRITTEN = (
        "note_written",
        AccountKindSpec(_("Note about a customer written"), staff=True, internal=True),
    )
    NOTE_CHANGED = (
        "note_changed",
        AccountKindSpec(_("Note about a customer changed"), staff=True, internal=True),
    )
    NOTE_DELETED = (
        "note_deleted",
        AccountKindSpec(_("Note about a customer deleted"), staff=True, internal=True),
    )
    BULK_CHANGED = (
        "bulk_changed",
        AccountKindSpec(_("Many tickets changed"), detail=DetailType.TICKETS, internal=True),
    )
    BULK_UNDONE = (
        "bulk_undone",
        AccountKindSpec(
            _("Change of many tickets undone"), detail=DetailType.TICKETS, internal=True
        ),
    )
    ORGANIZATION_SHUT = (
        "organization_shut",
        AccountKindSpec(_("Access of an organization switched off"), internal=True),
    )
    ORGANIZATION_OPENED = (
        "organization_opened",
        AccountKindSpec(_("Access of an organization switched on"), internal=True),
    )
    PLAN_CHANGED = (
        "plan_changed",
        AccountKindSpec(_("Plan of an organization changed"), internal=True),
    )
    PLAN_LIMITS_CHANGED = (
        "plan_limits_changed",
        AccountKindSpec(_("Limits of a plan changed"), internal=True),
    )
    MODEL_ALLOWED = (
        "model_allowed",
        AccountKindSpec(_("Language model may read an organization's tickets"), internal=True),
    )
    MODEL_FORBIDDEN = (
        "model_forbidden",
        AccountKindSpec(_("Language model may not read an organization's tickets"), internal=True),
    )
    AWAY = ("away", AccountKindSpec(_("Away until"), staff=True))
    BACK = ("back", AccountKindSpec(_("Not away any more"), staff=True))
    MERGED = (
        "merged",
        AccountKindSpec(
            _("Another account was merged into this one"),
            names_address=True,
            former_address="email",
            staff=True,
        ),
    )
    MERGED_AWAY = (
        "merged_away",
        AccountKindSpec(_("Merged into another account"), staff=True),
    )
    PSEUDONYMISED = ("pseudonymised", AccountKindSpec(_("Account made anonymous"), staff=True))


class AccountEvent(Created, Model):
    """Done to `user_id` by `actor_id` (NULL: not signed in).

    A failed sign-in for an unknown address has no `user_id`; it is recorded all the same, so that
    it takes as long as others.
    """

    __tablename__ = "account_events"
    __table_args__ = (Index(None, "user_id", "id"), Index(None, "kind", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"),
        info=stays_after_erasure("the log keeps kinds and times, as proof")
        | exported_by_rule("activity"),
    )
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"),
        info=stays_after_erasure("the log keeps kinds and times, as proof")
        | exported_by_rule("activity: whether it was the person"),
    )
    kind: Mapped[str] = mapped_column(String(32), info=EXPORTED)
    address: Mapped[str] = mapped_column(
        String(45), default="", info=erased_by_rule("emptied, whoever did it") | EXPORTED
    )
    user_agent: Mapped[str] = mapped_column(
        String(300), default="", info=erased_by_rule("emptied, whoever did it") | EXPORTED
    )
    data: Mapped[dict[str, Any]] = mapped_column(
        JSON,
        default=dict,
        info=erased_by_rule("emptied, and addresses in others' lines") | EXPORTED,
    )
