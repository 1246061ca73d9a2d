"""ModelCall: one call of the language model, without a word of what was sent or answered."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import BARE_NUMBER, EXPORTED, INTERNAL, exported_as
from portal.models.base import BigId, Created, Model, UtcDateTime


class ModelTask(StrEnum):
    """What the model is to write."""

    DRAFT = "draft"
    SUMMARY = "summary"
    SHORTER = "shorter"
    FRIENDLIER = "friendlier"
    LANGUAGE = "language"
    TITLE = "title"
    # An administrator tries whether it answers.
    TRIAL = "trial"


class CallState(StrEnum):
    """What became of a call. One that runs for longer than any may has lost its process."""

    RUNNING = "running"
    ANSWERED = "answered"
    FAILED = "failed"
    # Whoever asked has gone.
    LEFT = "left"


class ModelCall(Created, Model):
    """Tokens are those that the server names, or `estimated`; while it runs, those held for it."""

    __tablename__ = "model_calls"
    __table_args__ = (Index(None, "user_id", "id"), Index(None, "created_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id"), info=BARE_NUMBER | exported_as("model_calls")
    )
    ticket_id: Mapped[int | None] = mapped_column(
        ForeignKey("tickets.id", ondelete="SET NULL"), index=True, info=EXPORTED
    )
    # Of the desk; its budget pays.
    day: Mapped[date] = mapped_column(Date, info=INTERNAL)
    task: Mapped[str] = mapped_column(String(16), info=EXPORTED)
    model: Mapped[str] = mapped_column(String(100), info=EXPORTED)
    state: Mapped[str] = mapped_column(String(16), default=CallState.RUNNING, info=EXPORTED)
    # Why it failed: a code of `services.assistance.chat`.
    reason: Mapped[str] = mapped_column(String(16), default="", info=INTERNAL)
    tokens: Mapped[int] = mapped_column(info=EXPORTED)
    estimated: Mapped[bool] = mapped_column(default=True, info=INTERNAL)
    # How many different values were redacted.
    redacted: Mapped[int] = mapped_column(default=0, info=EXPORTED)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=EXPORTED)
