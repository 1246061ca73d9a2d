"""Changing accounts, for admins and those of the staff who manage people."""

from portal.errors import LastAdmin
from portal.models.delivery import NoticeKind
from portal.models.people import AccountEventKind, Actor, Role, User
from portal.queries.people import users
from portal.security import permissions
from portal.security.people.access import EndReason
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log
from portal.services.people.access import end_access
from portal.services.people.roles import change_role


@sensitive
def set_role(*, actor: Actor, user: User, role: Role) -> bool:
    """Change the platform role, which ends all access; returns whether it changed.

    Raises LastAdmin when no admin would be left.
    """
    _require_managed(actor, user)
    permissions.require(permissions.can_give_role(actor, role))
    if user.role == role:
        return False
    if user.role == Role.ADMIN:
        _require_another_admin(user)
    change_role(user, role, actor=actor)
    return True


@sensitive
def set_active(*, actor: Actor, user: User, active: bool) -> bool:
    """Disable an account, which ends its access, or enable it again.

    Enabling restores no access. Raises LastAdmin when no admin would be left.
    """
    _require_managed(actor, user)
    if user.is_active == active:
        return False
    if not active and user.role == Role.ADMIN:
        _require_another_admin(user)
    user.is_active = active
    kind = AccountEventKind.ENABLED if active else AccountEventKind.DISABLED
    account_log.record(user=user, kind=kind, actor=actor)
    end_access(user, EndReason.ENABLED if active else EndReason.DISABLED, actor=actor)
    # Imported users who have never signed in would not understand the notice.
    if active and user.last_sign_in_at is not None:
        mail_notifications.account_notice(user, NoticeKind.ENABLED, by=actor)
    return True


def _require_managed(actor: Actor, user: User) -> None:
    permissions.require(permissions.can_manage_person(actor, user) and not user.is_erased)


def _require_another_admin(user: User) -> None:
    if not users.another_admin_exists(user.id):
        raise LastAdmin
