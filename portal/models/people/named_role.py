"""NamedRole: rights under a name, such as "Team lead", for all members of staff who have it."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Created, Model


class NamedRole(Created, Model):
    """`rights` is what `models.people.right` writes."""

    __tablename__ = "named_roles"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    rights: Mapped[str] = mapped_column(String(100), default="")
