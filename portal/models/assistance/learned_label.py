"""LearnedLabel: a type, department, priority or tag that learned tickets have."""

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model

MAX_NAME = 100


class LearnedLabel(Model):
    """`tickets` have it, with `features` in all.

    `acts`: how often the desk has set it by itself, and how many of those somebody has undone;
    these stay when all is learned anew.
    """

    __tablename__ = "learned_labels"
    __table_args__ = (UniqueConstraint("target", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    target: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    tickets: Mapped[int] = mapped_column(default=0)
    features: Mapped[int] = mapped_column(default=0)
    acts: Mapped[int] = mapped_column(default=0)
    undone: Mapped[int] = mapped_column(default=0)
