"""Webhook: an address of somebody else's server that hears of events, signed with its secret."""

from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import NOT_THEIRS, SECRET, Encrypted, stays_after_erasure
from portal.models.base import BigId, Created, Model, UtcDateTime


class WebhookEvent(StrEnum):
    """What can be heard of. Each change is one event, the most telling that fits."""

    TICKET_CREATED = "ticket.created"
    TICKET_UPDATED = "ticket.updated"
    TICKET_COMMENTED = "ticket.commented"
    TICKET_ASSIGNED = "ticket.assigned"
    TICKET_SOLVED = "ticket.solved"
    TICKET_RATED = "ticket.rated"
    USER_CREATED = "user.created"


# Sent by the test button alone; nobody has to ask for it.
TEST_EVENT = "webhook.test"


class WebhookState(StrEnum):
    """`paused` by people, `failed` by us, after nothing got through for a day."""

    ACTIVE = "active"
    PAUSED = "paused"
    FAILED = "failed"


class Webhook(Created, Model):
    """Without an organization it is the desk's, and hears of everybody's tickets.

    `owner_id` answers for it: whoever set it up or took it over last. It is silent as soon as that
    person may not see to it any more. The former secret signs, too, until
    `former_until`. `failures` in a row, from `failing_since` to `failed_at`, open the circuit:
    nothing is tried before `retry_at`.
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
        """What of the URL may be shown around: its path may hold a secret."""
        return urlsplit(self.url).netloc

    @property
    def belongs_to_desk(self) -> bool:
        """Whether it belongs to the desk and not to an organization."""
        return self.organization_id is None

    @property
    def is_active(self) -> bool:
        """Whether events are owed to it at all."""
        return self.state == WebhookState.ACTIVE
