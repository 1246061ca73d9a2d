"""WebhookDelivery: an event to be sent to a webhook. WebhookAttempt: one try to send it.

Payloads are not stored: each try composes them from the rows, with the rights of that moment, and
erasure has nothing to remove here.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import BARE_NUMBER, NOT_THEIRS, after_restore, park_pending
from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.models.delivery.leased import Deliverable


class WebhookDelivery(Deliverable, Created, Model):
    """`event_key` is the event's id for receivers, the same at each try.

    The event is `event_id` (a ticket's history) or a new user `user_id`; a test has neither. It is
    not tried after `give_up_at`.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_key"),
        Index(None, "webhook_id", "id"),
        Index(None, "webhook_id", "state", "due_at", "id"),
        Index(None, "state", "due_at"),
        Index(None, "event_id"),
        Index(None, "user_id"),
        after_restore(park_pending("restored")),  # a code with a text in the log of deliveries
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(32))
    event_key: Mapped[str] = mapped_column(String(40))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_events.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=BARE_NUMBER | NOT_THEIRS
    )
    give_up_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WebhookAttempt(Created, Model):
    """`status` is the HTTP status.

    Without a response `error` has a code of `security.delivery.outbound`.
    """

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index(None, "delivery_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("webhook_deliveries.id", ondelete="CASCADE")
    )
    host: Mapped[str] = mapped_column(String(300))
    status: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str | None] = mapped_column(String(16))
    milliseconds: Mapped[int]
