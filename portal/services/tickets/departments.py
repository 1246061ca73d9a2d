"""Departments: their list, and the tickets of one that is called otherwise now."""

import secrets
from collections.abc import Collection, Iterable, Set
from typing import TypeVar

from sqlalchemy import delete, select, update

from portal import clock
from portal.bulk_statements import execute_bulk, insert_missing
from portal.errors import Invalid
from portal.extensions import db, forget_settings_version
from portal.models.inbound import Mailbox
from portal.models.operations import Desk
from portal.models.people import AccountEventKind, Actor, Right, User
from portal.models.tickets import Department, DepartmentMember, Ticket, TicketType
from portal.models.tickets.ticket import MAX_DEPARTMENT
from portal.queries.people import users
from portal.queries.tickets import departments as queries
from portal.security import permissions
from portal.services.people import account_log

Row = TypeVar("Row", Department, TicketType)


def create(*, actor: Actor, name: str) -> Department:
    """Add one behind the others. Raises Invalid."""
    permissions.require(permissions.can_change_settings(actor))
    _check_name(name)
    if len(queries.names()) >= queries.MOST:
        raise Invalid(name="too_many")
    department = Department(name=name, position=queries.last_position() + 1, created_at=clock.now())
    db.session.add(department)
    db.session.flush()
    _note(actor, name)
    return department


def change(
    *,
    actor: Actor,
    department: Department,
    name: str,
    default_assignee: int | None,
    members: Collection[int],
) -> None:
    """Name, who gets its new tickets, and who serves it. Tickets get a new name by a job.

    Raises Invalid.
    """
    permissions.require(permissions.can_change_settings(actor))
    if name != department.name:
        _check_name(name)
        if department.former_name is not None:
            raise Invalid(name="renaming")
        department.former_name, department.name = department.name, name
        _tell_mailboxes(department.former_name, name)
    able = dict(users.assignees())
    if default_assignee is not None and default_assignee not in able:
        raise Invalid(default_assignee="not_staff")
    if not set(members) <= set(able):
        raise Invalid(members="not_staff")
    department.default_assignee_id = default_assignee
    _set_members(department, set(members))
    _note(actor, name)


def serve(*, actor: Actor, user: User, departments: Collection[int]) -> None:
    """Let somebody of the staff serve these, by id, and no others. Raises Invalid."""
    permissions.require(permissions.can_change_settings(actor))
    if departments and not user.is_assignable:
        raise Invalid(departments="not_staff")
    for row in queries.rows():
        served = set(row.members)
        wanted = served | {user.id} if row.id in departments else served - {user.id}
        if wanted != served:
            _set_members(queries.find(row.id), wanted)
            _note(actor, row.name)


def move(*, actor: Actor, department: Department, by: int) -> None:
    """Change places with the one before (-1) or after (1)."""
    permissions.require(permissions.can_change_settings(actor))
    ordered = select(Department).order_by(Department.position, Department.name)
    reorder(list(db.session.scalars(ordered)), department, by)
    _note(actor, department.name)


def reorder(ordered: list[Row], row: Row, by: int) -> None:
    """Move one of a list that far, and number all."""
    at = ordered.index(row)
    to = min(max(at + by, 0), len(ordered) - 1)
    ordered.insert(to, ordered.pop(at))
    for position, one in enumerate(ordered, 1):
        one.position = position


def remove(*, actor: Actor, department: Department) -> None:
    """It is not offered any more; tickets that have it keep it."""
    permissions.require(permissions.can_change_settings(actor))
    _set_members(department, set())
    _tell_mailboxes(department.name, None)
    db.session.delete(department)
    _note(actor, department.name)


def add_missing(names: Iterable[str | None]) -> None:
    """Those that an import brings, at the end of the list."""
    wanted = sorted({name for name in names if name})
    if not wanted:
        return
    first = queries.last_position() + 1
    rows = [
        {"name": name, "position": position, "created_at": clock.now()}
        for position, name in enumerate(wanted, first)
    ]
    if insert_missing(Department, rows):
        touch()


def rename_tickets(limit: int) -> bool:
    """Write a new name to some tickets that have the former one; returns whether there was any."""
    department = queries.renamed()
    if department is None:
        return False
    some = select(Ticket.id).where(Ticket.department == department.former_name).limit(limit)
    named = update(Ticket).where(Ticket.id.in_(some)).values(department=department.name)
    if not execute_bulk(named):
        department.former_name = None
        db.session.flush()
    return True


def _tell_mailboxes(former: str, name: str | None) -> None:
    """Tickets of their mail get the new name; with the former one they would bring it back."""
    execute_bulk(update(Mailbox).where(Mailbox.department == former).values(department=name))


def touch() -> None:
    """Let all processes read the list anew after the commit."""
    execute_bulk(update(Desk).values(settings_version=secrets.token_hex(16)))
    forget_settings_version()


def _set_members(department: Department, members: Set[int]) -> None:
    """Who serves it sees its tickets; stored results of who does not any more end."""
    of_it = DepartmentMember.department_id == department.id
    before = set(db.session.scalars(select(DepartmentMember.user_id).where(of_it)))
    execute_bulk(
        delete(DepartmentMember).where(of_it, DepartmentMember.user_id.in_(before - members))
    )
    for user_id in sorted(members - before):
        db.session.add(DepartmentMember(department_id=department.id, user_id=user_id))
    limited = User.rights.contains(Right.OWN_DEPARTMENTS)
    changed = User.id.in_(before ^ members)
    ended = update(User).where(changed, limited).values(rights_epoch=User.rights_epoch + 1)
    execute_bulk(ended)


def _check_name(name: str) -> None:
    if not name:
        raise Invalid(name="required")
    if len(name) > MAX_DEPARTMENT:
        raise Invalid(name="too_long")
    if queries.by_name(name) is not None:
        raise Invalid(name="taken_here")


def _note(actor: Actor, name: str) -> None:
    account_log.record(
        user=db.session.get_one(User, actor.id),
        kind=AccountEventKind.DEPARTMENT_CHANGED,
        actor=actor,
        name=name,
    )
    db.session.flush()
    touch()
