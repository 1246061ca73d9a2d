"""InboundMessage: a mail that was taken in. Its bytes are in the file store, read by a worker."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _
from portal.models.annotations import (
    EXPORTED,
    INTERNAL,
    ROW_GOES,
    StorageKey,
    erased_by_rule,
    exported_as,
)
from portal.models.base import BigId, Model, UtcDateTime
from portal.models.delivery.leased import Leased

MAX_MESSAGE_ID = 200
MAX_SUBJECT = 250
_HAS_RAW = text("storage_key IS NOT NULL")
# A line of the journey: when, a word of Step, and what is to be known with it.
JourneyLine: TypeAlias = dict[str, Any]


class InboundWay(StrEnum):
    """How a message got here."""

    IMAP = "imap"
    LMTP = "lmtp"
    API = "api"
    COMMAND = "command"
    # Pasted or uploaded by an administrator.
    PAGE = "page"


WAY_TEXTS: Mapping[str, LazyText] = {
    InboundWay.IMAP: _("fetched from the mailbox"),
    InboundWay.LMTP: _("brought by a mail server"),
    InboundWay.API: _("brought by a program"),
    InboundWay.COMMAND: _("brought by a command"),
    InboundWay.PAGE: _("put in on a page"),
}


class InboundState(StrEnum):
    """`held` and `suspected` wait for a decision of staff; `failed` could not be read."""

    RECEIVED = "received"
    DONE = "done"
    HELD = "held"
    SUSPECTED = "suspected"
    FAILED = "failed"
    # Staff have seen it and want nothing of it.
    DISMISSED = "dismissed"


class Reason(StrEnum):
    """Why a message is not in the conversation, or is there as it is. Pages have `REASON_TEXTS`."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    NOT_GIVEN = "not_given"
    WORKER_DIED = "worker_died"
    ERROR = "error"
    NO_SENDER = "no_sender"
    OWN_ADDRESS = "own_address"
    AUTOMATIC = "automatic"
    BULK = "bulk"
    BOUNCE = "bounce"
    SPAM = "spam"
    FORGED = "forged"
    BLOCKED = "blocked"
    TOO_MANY = "too_many"
    UNPROVEN_STAFF = "unproven_staff"
    ACCOUNT_DISABLED = "account_disabled"
    ADDRESS_LEFT = "address_left"
    NOT_ALLOWED = "not_allowed"
    PLAN_FULL = "plan_full"
    DUPLICATE = "duplicate"
    DISOWNED = "disowned"
    TRIAL = "trial"


# What does not matter any more once somebody has accepted the mail; the others come again until
# what they name has changed.
ACCEPTABLE = frozenset(
    {
        Reason.AUTOMATIC,
        Reason.BULK,
        Reason.SPAM,
        Reason.FORGED,
        Reason.BLOCKED,
        Reason.TOO_MANY,
        Reason.UNPROVEN_STAFF,
        Reason.DISOWNED,
    }
)
REASON_TEXTS: Mapping[str, LazyText] = {
    Reason.UNREADABLE: _("It cannot be taken apart."),
    Reason.TOO_LARGE: _("It is larger than this desk takes. It is still in its mailbox."),
    Reason.NOT_GIVEN: _("The mail server does not hand it out. It is still in its mailbox."),
    Reason.WORKER_DIED: _("Each worker that read it died."),
    Reason.ERROR: _("Something went wrong while it was read."),
    Reason.NO_SENDER: _("It names no sender who could be answered."),
    Reason.OWN_ADDRESS: _("It comes from an address of this desk."),
    Reason.AUTOMATIC: _("A program answered, and belongs to no ticket."),
    Reason.BULK: _("It comes from a list or a program."),
    Reason.BOUNCE: _("A mail server says that a mail did not arrive."),
    Reason.SPAM: _("The mail server calls it spam."),
    Reason.FORGED: _("The mail server says that the sender's domain did not send it."),
    Reason.BLOCKED: _("The sender is blocked."),
    Reason.TOO_MANY: _("The sender has written too often within an hour."),
    Reason.UNPROVEN_STAFF: _("It names a colleague as its sender, and nothing proves that."),
    Reason.ACCOUNT_DISABLED: _("The sender's account is disabled."),
    Reason.ADDRESS_LEFT: _("The sender's address belonged to an account that has left it."),
    Reason.NOT_ALLOWED: _("The sender may not write tickets."),
    Reason.PLAN_FULL: _("The plan of the sender's organization has no room for it."),
    Reason.DUPLICATE: _("It is on its ticket already."),
    Reason.DISOWNED: _("It names a colleague as its sender, who has not written it."),
    Reason.TRIAL: _("The desk has sent it to itself, to see whether mail comes in."),
}


class Step(StrEnum):
    """What happened to a message, in the order of its journey."""

    RECEIVED = "received"
    PARSED = "parsed"
    AUTHENTICATED = "authenticated"
    CUT = "cut"
    THREADED = "threaded"
    SENDER = "sender"
    POSTED = "posted"
    FILED = "filed"
    NOTED = "noted"
    # Those in copy who take part now, or not because nothing has proven the sender.
    SHARED = "shared"
    BOUNCED = "bounced"
    TRIAL = "trial"
    HELD = "held"
    # Whoever it names as its sender was asked whether it is theirs.
    ASKED = "asked"
    FAILED = "failed"
    AGAIN = "again"
    DISMISSED = "dismissed"
    DISOWNED = "disowned"
    # An administrator made a ticket of its text.
    COPIED = "copied"


class InboundMessage(Leased, Model):
    """`fingerprint` tells a message that comes twice, by whatever way.

    `recipient` is whom the mail server named, if it did. What is known only after reading is empty
    before. `journey` holds what became of it, without words of the mail.
    """

    OPEN: ClassVar[tuple[str, ...]] = (InboundState.RECEIVED,)

    __tablename__ = "inbound_messages"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "fingerprint"),
        Index(None, "state", "due_at"),
        Index(None, "state", "id"),
        Index(None, "mailbox_id", "state", "id"),
        Index(None, "message_id"),
        Index(None, "sender", "received_at"),
        Index(None, "sender", "state", "id"),
        Index(None, "ticket_id"),
        Index(None, "comment_id"),
        Index(None, "user_id"),
        # For letting go of old ones.
        Index(
            "ix_inbound_messages_raw",
            "received_at",
            sqlite_where=_HAS_RAW,
            postgresql_where=_HAS_RAW,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailboxes.id"), info=INTERNAL)
    way: Mapped[str] = mapped_column(String(16), info=INTERNAL)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, info=EXPORTED)
    storage_key: Mapped[str | None] = mapped_column(StorageKey(), unique=True, info=INTERNAL)
    size: Mapped[int] = mapped_column(BigInteger, info=EXPORTED)
    fingerprint: Mapped[str] = mapped_column(String(64), info=INTERNAL)
    recipient: Mapped[str] = mapped_column(
        String(254), default="", info=erased_by_rule("goes with its row") | INTERNAL
    )
    message_id: Mapped[str] = mapped_column(String(MAX_MESSAGE_ID), default="", info=EXPORTED)
    sender: Mapped[str] = mapped_column(
        String(254), default="", info=erased_by_rule("rows of known addresses go") | EXPORTED
    )
    subject: Mapped[str] = mapped_column(
        String(MAX_SUBJECT), default="", info=erased_by_rule("goes with its row") | EXPORTED
    )
    # How its text begins, while it waits for a decision.
    preview: Mapped[str] = mapped_column(
        Text, default="", server_default="", info=erased_by_rule("goes with its row") | EXPORTED
    )
    state: Mapped[str] = mapped_column(String(16), default=InboundState.RECEIVED, info=EXPORTED)
    reason: Mapped[str | None] = mapped_column(String(24), info=EXPORTED)
    error: Mapped[str | None] = mapped_column(String(300), info=INTERNAL)
    # Staff have looked at it and want it in the conversation.
    is_accepted: Mapped[bool] = mapped_column(default=False, server_default=false(), info=INTERNAL)
    journey: Mapped[list[JourneyLine]] = mapped_column(JSON, default=list, info=INTERNAL)
    # Whom it is from, once that is decided.
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES | exported_as("mails_received")
    )
    ticket_id: Mapped[int | None] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), info=EXPORTED
    )
    comment_id: Mapped[int | None] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), info=EXPORTED
    )
