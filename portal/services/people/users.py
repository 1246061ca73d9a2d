"""Changing accounts, for admins and those of the staff who manage people.

None of it lets an admin in as somebody else: links go to the account's own address alone.
"""

from portal.errors import Invalid, LastAdmin
from portal.models.delivery import NoticeKind
from portal.models.people import AccountEventKind, Actor, Role, User
from portal.queries.people import users
from portal.security import permissions
from portal.security.people.access import Access, EndReason
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log, forgotten_password
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


@sensitive
def end_sessions(*, actor: Actor, user: User) -> int:
    """Sign out all devices and programs of `user`; returns how many. API keys stay.

    Raises Forbidden for the actor's own, which `services.people.sessions` ends.
    """
    _require_another(actor, user)
    ended = end_access(user, EndReason.OTHERS_SIGNED_OUT, actor=actor)
    count = ended[Access.BROWSERS] + ended[Access.PROGRAMS]
    if count:
        account_log.record(
            user=user, kind=AccountEventKind.SESSIONS_ENDED, actor=actor, count=count
        )
        mail_notifications.account_notice(user, NoticeKind.SIGNED_OUT_BY_DESK, by=actor)
    return count


@sensitive
def require_second_factor(*, actor: Actor, user: User, required: bool) -> bool:
    """Ask the account for a second factor, whatever its role needs, or not any more.

    Who has none has to set one up at the next request. Returns whether it changed.
    """
    _require_managed(actor, user)
    if user.second_factor_required == required:
        return False
    user.second_factor_required = required
    required_now = AccountEventKind.SECOND_FACTOR_REQUIRED
    kind = required_now if required else AccountEventKind.SECOND_FACTOR_OPTIONAL
    account_log.record(user=user, kind=kind, actor=actor)
    if required and actor.id != user.id:
        mail_notifications.account_notice(user, NoticeKind.SECOND_FACTOR_REQUIRED, by=actor)
    return True


@sensitive
def send_reset(*, actor: Actor, user: User) -> None:
    """Mail `user` a link to choose a password, which replaces a former one.

    Raises Invalid for an account that is disabled.
    """
    _require_another(actor, user)
    if not user.is_active:
        raise Invalid(user="disabled")
    account_log.record(user=user, kind=AccountEventKind.RESET_ASKED, actor=actor)
    if user.is_untouched:
        forgotten_password.send_first(user)
    else:
        forgotten_password.send(user)


def _require_another(actor: Actor, user: User) -> None:
    _require_managed(actor, user)
    permissions.require(actor.id != user.id)


def _require_another_admin(user: User) -> None:
    if not users.another_admin_exists(user.id):
        raise LastAdmin
