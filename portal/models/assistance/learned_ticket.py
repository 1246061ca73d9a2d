"""LearnedTicket: a solved ticket that was learned, as it was learned."""

from typing import Any

from sqlalchemy import JSON, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model


class LearnedTicket(Model):
    """By it a ticket that has changed, or is gone, is taken out of the counts exactly.

    `labels` are ids of LearnedLabels; `features` their numbers (`portal.learning.features`), which
    name no word. No foreign key: a ticket that was deleted for good is forgotten after that.
    """

    __tablename__ = "learned_tickets"

    ticket_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    # Of the ticket, when it was learned.
    version: Mapped[int] = mapped_column()
    labels: Mapped[list[Any]] = mapped_column(JSON)
    features: Mapped[bytes] = mapped_column(LargeBinary)
