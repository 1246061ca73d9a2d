"""LearnedFeature: in how many learned tickets a feature is, and in how many of each label."""

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model


class LearnedFeature(Model):
    """`number` is below `portal.learning.features.BUCKETS`, so the table has an end.

    `labels` is JSON, {id of a LearnedLabel: tickets}; as a text, since many rows are read at once
    and parsed as one.
    """

    __tablename__ = "learned_features"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tickets: Mapped[int] = mapped_column()
    labels: Mapped[str] = mapped_column(Text)
