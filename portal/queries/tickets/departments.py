"""Reads of departments, in their order."""

from typing import NamedTuple

from sqlalchemy import func, select

from portal.errors import or_not_found
from portal.extensions import db
from portal.models.tickets import Department, DepartmentMember

# More than any desk has: each is an option of a select.
MOST = 200


class DepartmentRow(NamedTuple):
    id: int
    name: str
    former_name: str | None
    default_assignee_id: int | None
    members: tuple[int, ...]


def names() -> tuple[str, ...]:
    """For `setting("DEPARTMENTS")`, which is read once a process and change."""
    query = select(Department.name).order_by(Department.position, Department.name).limit(MOST)
    return tuple(db.session.scalars(query))


def rows() -> list[DepartmentRow]:
    """All with the ids of who serves them."""
    query = select(Department).order_by(Department.position, Department.name).limit(MOST)
    departments = list(db.session.scalars(query))
    serving: dict[int, list[int]] = {}
    pairs = select(DepartmentMember.department_id, DepartmentMember.user_id)
    for department_id, user_id in db.session.execute(pairs.order_by(DepartmentMember.user_id)):
        serving.setdefault(department_id, []).append(user_id)
    return [
        DepartmentRow(
            row.id,
            row.name,
            row.former_name,
            row.default_assignee_id,
            tuple(serving.get(row.id, ())),
        )
        for row in departments
    ]


def served() -> dict[int, list[str]]:
    """Names of the departments that each of the staff serves, by user id, in their order."""
    found: dict[int, list[str]] = {}
    pairs = select(DepartmentMember.user_id, Department.name).join(Department)
    for user_id, name in db.session.execute(pairs.order_by(Department.position, Department.name)):
        found.setdefault(user_id, []).append(name)
    return found


def find(department_id: int) -> Department:
    """Raises NotFound."""
    found = db.session.get(Department, department_id, with_for_update=True)
    return or_not_found(found)


def by_name(name: str) -> Department | None:
    return db.session.scalar(select(Department).where(Department.name == name))


def renamed() -> Department | None:
    """One whose tickets have its former name yet, locked."""
    query = select(Department).where(Department.former_name.is_not(None)).order_by(Department.id)
    return db.session.scalar(query.limit(1).with_for_update())


def last_position() -> int:
    return db.session.scalar(select(func.max(Department.position))) or 0
