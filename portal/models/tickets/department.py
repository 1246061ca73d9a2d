"""Department: what a ticket may be for, in the order in which it is offered.

Tickets hold its name, as imports and the API bring it: so an old ticket keeps the department that
is gone, and lists need no join. A new name is written to the tickets by a job; until then the
former one is kept here.
"""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import BARE_NUMBER, NOT_THEIRS, ROW_GOES
from portal.models.base import BigId, Created, Model
from portal.models.tickets.ticket import MAX_DEPARTMENT


class Department(Created, Model):
    """`default_assignee_id` gets its new tickets that nobody has."""

    __tablename__ = "departments"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_DEPARTMENT), unique=True)
    former_name: Mapped[str | None] = mapped_column(String(MAX_DEPARTMENT))
    position: Mapped[int]
    default_assignee_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"),
        info=BARE_NUMBER | NOT_THEIRS,
    )


class DepartmentMember(Model):
    """Somebody of the staff who serves a department."""

    __tablename__ = "department_members"

    department_id: Mapped[int] = mapped_column(
        ForeignKey("departments.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, info=ROW_GOES | NOT_THEIRS
    )
