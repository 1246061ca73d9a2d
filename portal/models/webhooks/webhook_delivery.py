"""WebhookDelivery: one event that is owed to one webhook; WebhookAttempt: one try to hand it over.

What was sent is not kept: it is made anew from the rows at each try, so that nothing leaves that
must not leave any more, and nothing has to be wiped here when a person asks to be forgotten.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import BARE_NUMBER, NOT_THEIRS, after_restore, park_pending
from portal.models.base import BigId, Created, Model, UtcDateTime
from portal.models.delivery.leased import Deliverable


class WebhookDelivery(Deliverable, Created, Model):
    """`event_key` is the event's id for its receivers, the same at each try.

    The event is about `event_id`, a row of a ticket's history, or about a new user, or (a test)
    about nothing. After `give_up_at` it is not tried again.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_key"),
        Index(None, "webhook_id", "id"),
        Index(None, "webhook_id", "state", "due_at", "id"),
        Index(None, "state", "due_at"),
        Index(None, "event_id"),
        Index(None, "user_id"),
        after_restore(park_pending("restored")),  # a word that the log has a text for
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
    """`status` was answered; without an answer `error` says why (`security.delivery.outbound`)."""

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
