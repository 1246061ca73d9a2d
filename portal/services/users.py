"""What admins do to accounts."""

from portal.errors import LastAdmin
from portal.models import AccountEventKind, Actor, Role, User
from portal.queries import users
from portal.security import permissions, sessions, tokens
from portal.services import account_log


def set_role(*, actor: Actor, user: User, role: Role) -> bool:
    """Give `user` another role and end their sessions; answers whether anything changed.

    Raises LastAdmin when nobody would be left to administer the desk.
    """
    permissions.require(permissions.can_administer(actor) and not user.is_forgotten)
    if user.role == role:
        return False
    if user.role == Role.ADMIN:
        _require_another_admin(user)
    account_log.record(
        user=user,
        kind=AccountEventKind.ROLE_CHANGED,
        actor=actor,
        **{"from": str(user.role), "to": str(role)},
    )
    user.role = role
    sessions.end_all(user)
    return True


def set_active(*, actor: Actor, user: User, active: bool) -> bool:
    """Disable an account, which ends its sessions and mailed links, or enable it again.

    Raises LastAdmin as `set_role` does.
    """
    permissions.require(permissions.can_administer(actor) and not user.is_forgotten)
    if user.is_active == active:
        return False
    if not active and user.role == Role.ADMIN:
        _require_another_admin(user)
    user.is_active = active
    sessions.end_all(user)
    tokens.end_all(user)
    kind = AccountEventKind.ENABLED if active else AccountEventKind.DISABLED
    account_log.record(user=user, kind=kind, actor=actor)
    return True


def _require_another_admin(user: User) -> None:
    if not users.another_admin_exists(user.id):
        raise LastAdmin
