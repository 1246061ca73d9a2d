"""Who has which rights, and why."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select

from portal.errors import or_not_found
from portal.extensions import db
from portal.models.people import NamedRole, Right, Role, User
from portal.models.people.right import from_text


class Why(StrEnum):
    """By what somebody has a right."""

    ADMIN = "admin"
    GRANTED = "granted"
    NAMED_ROLE = "named_role"


class Reason(NamedTuple):
    """`role` is the name of the named role, where it is that."""

    right: Right
    why: Why
    role: str = ""


def reasons(user: User) -> list[Reason]:
    """Each right that the person has by each way, in the order of `Right`."""
    if user.role == Role.ADMIN:
        return [Reason(right, Why.ADMIN) for right in Right if right is not Right.OWN_DEPARTMENTS]
    if user.role != Role.STAFF:
        return []
    role = db.session.get(NamedRole, user.named_role_id) if user.named_role_id else None
    granted = from_text(user.granted_rights)
    of_role = from_text(role.rights) if role else frozenset()
    name = role.name if role else ""
    return [
        reason
        for right in Right
        for held, reason in (
            (granted, Reason(right, Why.GRANTED)),
            (of_role, Reason(right, Why.NAMED_ROLE, name)),
        )
        if right in held
    ]


def named_roles() -> Sequence[NamedRole]:
    """All of them, by name."""
    return db.session.scalars(select(NamedRole).order_by(NamedRole.name)).all()


def find_role(role_id: int) -> NamedRole:
    """Locked. Raises NotFound."""
    query = select(NamedRole).where(NamedRole.id == role_id)
    return or_not_found(db.session.scalar(query.with_for_update()))


def holders(role_id: int) -> Sequence[User]:
    """Everybody who has the named role, in the order in which rows are locked."""
    query = select(User).where(User.named_role_id == role_id).order_by(User.id)
    return db.session.scalars(query.with_for_update()).all()


def with_rights() -> Sequence[User]:
    """Everybody on the staff with rights beyond those of all staff; admins have all."""
    query = select(User).where(User.role == Role.STAFF, User.rights != "")
    return db.session.scalars(query.order_by(User.first_name, User.last_name, User.id)).all()
