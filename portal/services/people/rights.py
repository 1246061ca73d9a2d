"""Giving rights to members of staff: one by one, or under the name of a role.

`User.rights` is what somebody has by both ways, kept with each change here.
"""

from collections.abc import Collection, Set

from sqlalchemy import select

from portal.errors import Invalid, RoleInUse
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.people import AccountEventKind, Actor, NamedRole, Right, User
from portal.models.people.right import from_text, to_text
from portal.queries.people import rights as queries
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log

MAX_NAME = 60
MAX_ROLES = 50


@sensitive
def give(
    *, actor: Actor, user: User, rights: Collection[Right], named_role: NamedRole | None
) -> bool:
    """Let `user` have these rights of their own, and that role; returns whether anything changed.

    Raises Invalid for a right that the actor would give or take without having it.
    """
    permissions.require(permissions.can_give_rights(actor, user) and not user.is_erased)
    user.granted_rights = to_text(rights)
    user.named_role_id = named_role.id if named_role else None
    return _hold(user, _of_role(named_role) | frozenset(rights), actor=actor)


def take_all(user: User, *, actor: Actor | None) -> None:
    """For somebody who leaves the staff, or becomes an admin, who has them all."""
    user.granted_rights, user.named_role_id = "", None
    _hold(user, frozenset(), actor=actor, asked=False)


@sensitive
def create_role(*, actor: Actor, name: str, rights: Collection[Right]) -> NamedRole:
    """Raises Invalid, also for a right that the actor lacks."""
    permissions.require(permissions.can_change_rights(actor))
    if len(queries.named_roles()) >= MAX_ROLES:
        raise Invalid(name="too_many_roles")
    role = NamedRole(name=_name(name), rights="")
    db.session.add(role)
    db.session.flush()
    _set_rights(role, rights, actor=actor)
    _record(role, actor)
    return role


@sensitive
def change_role(*, actor: Actor, role: NamedRole, name: str, rights: Collection[Right]) -> None:
    """Rename it; everybody who has it has these rights from now on. Raises as `create_role`."""
    permissions.require(permissions.can_change_rights(actor))
    role.name = _name(name, but=role)
    _set_rights(role, rights, actor=actor)
    _record(role, actor)


@sensitive
def delete_role(*, actor: Actor, role: NamedRole) -> None:
    """Raises RoleInUse while somebody has it, and Invalid for a right that the actor lacks."""
    permissions.require(permissions.can_change_rights(actor))
    if queries.holders(role.id):
        raise RoleInUse
    _require_held(actor, from_text(role.rights))
    _record(role, actor)
    db.session.delete(role)


def _set_rights(role: NamedRole, rights: Collection[Right], *, actor: Actor) -> None:
    _require_held(actor, from_text(role.rights) ^ frozenset(rights))
    role.rights = to_text(rights)
    for user in queries.holders(role.id):
        _hold(user, from_text(user.granted_rights) | frozenset(rights), actor=actor)


def _hold(user: User, rights: Set[Right], *, actor: Actor | None, asked: bool = True) -> bool:
    before = from_text(user.rights)
    if asked and actor is not None:
        _require_held(actor, before ^ rights)
    if before == rights:
        return False
    user.rights = to_text(rights)
    names = {"added": to_text(rights - before), "removed": to_text(before - rights)}
    kind = AccountEventKind.RIGHTS_CHANGED
    account_log.record(user=user, kind=kind, actor=actor, **names)
    mail_notifications.account_notice(user, NoticeKind.RIGHTS_CHANGED, by=actor)
    return True


def _record(role: NamedRole, actor: Actor) -> None:
    """In the log of who did it: each holder's own log names what came and went for them."""
    user = db.session.get_one(User, actor.id)
    kind = AccountEventKind.NAMED_ROLE_CHANGED
    account_log.record(user=user, kind=kind, actor=actor, name=role.name)


def _require_held(actor: Actor, rights: Set[Right]) -> None:
    if not all(permissions.can_give_right(actor, right) for right in rights):
        raise Invalid(rights="not_held")


def _of_role(role: NamedRole | None) -> frozenset[Right]:
    return frozenset() if role is None else from_text(role.rights)


def _name(typed: str, *, but: NamedRole | None = None) -> str:
    name = typed.strip()
    if not name:
        raise Invalid(name="required")
    if len(name) > MAX_NAME:
        raise Invalid(name="too_long")
    same = db.session.scalar(select(NamedRole.id).where(NamedRole.name == name))
    if same is not None and (but is None or same != but.id):
        raise Invalid(name="taken")
    return name
