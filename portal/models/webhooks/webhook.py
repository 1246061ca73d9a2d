"""Webhook: a URL that is called on events, with a signature."""

from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import NOT_THEIRS, SECRET, Encrypted, stays_after_erasure
from portal.models.base import BigId, Created, Model, UtcDateTime


class WebhookEvent(StrEnum):
    """Event types. Each change is sent as one event, of the most specific type."""

    TICKET_CREATED = "ticket.created"
    TICKET_UPDATED = "ticket.updated"
    TICKET_COMMENTED = "ticket.commented"
    TICKET_ASSIGNED = "ticket.assigned"
    TICKET_SOLVED = "ticket.solved"
    TICKET_RATED = "ticket.rated"
    USER_CREATED = "user.created"


# Sent on request only, whatever events the webhook has chosen.
TEST_EVENT = "webhook.test"


class WebhookState(StrEnum):
    """`paused` by users; `failed` by us after a day without a successful delivery."""

    ACTIVE = "active"
    PAUSED = "paused"
    FAILED = "failed"


class Webhook(Created, Model):
    """Without an organization it belongs to the desk and receives events of all tickets.

    `owner_id` is the user who set it up or took it over last; it is not called while that user
    lacks the right to manage it. The former secret signs as well until `former_until`. Consecutive
    `failures`, from `failing_since` to `failed_at`, open the circuit: nothing is sent before
    `retry_at`.
    """

    __tablename__ = "webhooks"
    __table_args__ = (Index(None, "organization_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int | None] = mapped_column(
        ForeignKey("organizations.id", ondelete="CASCADE")
    )
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"),
        info=stays_after_erasure("a number without a name; it falls silent") | NOT_THEIRS,
    )
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[str] = mapped_column(Encrypted("secret of webhook"), info=SECRET)
    former_secret: Mapped[str | None] = mapped_column(
        Encrypted("former secret of webhook"), info=SECRET
    )
    former_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(16), default=WebhookState.ACTIVE)
    failures: Mapped[int] = mapped_column(SmallInteger, default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def host(self) -> str:
        """Host and port of the URL: its path may contain a secret."""
        return urlsplit(self.url).netloc

    @property
    def belongs_to_desk(self) -> bool:
        """Whether it belongs to no organization."""
        return self.organization_id is None

    @property
    def is_active(self) -> bool:
        """Whether deliveries are created for it."""
        return self.state == WebhookState.ACTIVE
