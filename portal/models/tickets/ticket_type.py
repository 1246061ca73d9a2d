"""TicketType: a kind of matter, in the order in which it is offered.

Tickets hold its key, which programs know: it never changes, so nothing is to be written to tickets
when a type is called otherwise. What is not active is offered no more; tickets keep it.
"""

from enum import StrEnum

from sqlalchemy import String, true
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Created, Model

MAX_TYPE = 16
MAX_TYPE_NAME = 60


class FirstType(StrEnum):
    """The keys that each desk begins with, in ITIL's terms."""

    INCIDENT = "incident"
    REQUEST = "request"
    PROBLEM = "problem"
    CHANGE = "change"


class TicketType(Created, Model):
    """`name` is empty for a FirstType that has no other: it has one in each language then."""

    __tablename__ = "ticket_types"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(MAX_TYPE), unique=True)
    name: Mapped[str] = mapped_column(String(MAX_TYPE_NAME), default="", server_default="")
    position: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
