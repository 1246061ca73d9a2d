"""ModelDay: how many tokens the model has cost on a day of the desk."""

from datetime import date

from sqlalchemy import BigInteger, Date
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Model


class ModelDay(Model):
    """Counted with those held for calls that still run, so two at once do not pass the budget."""

    __tablename__ = "model_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    tokens: Mapped[int] = mapped_column(BigInteger, default=0)
