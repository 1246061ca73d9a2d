"""Creating one's own API keys, and revoking them.

The key's text is returned to the caller and stored nowhere, in no log, mail or row.
"""

from datetime import timedelta

from portal import clock
from portal.errors import Invalid, or_not_found
from portal.models.delivery import NoticeKind
from portal.models.people import AccountEventKind, Actor, ApiKey, KeyScope, User
from portal.queries.people import api_keys as key_queries
from portal.security import permissions
from portal.security.people import api_keys
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log

MAX_KEYS = 20
MAX_NAME = 100
# After how many days a key expires; None is never.
LIFETIMES: tuple[int | None, ...] = (30, 90, 365, None)


@sensitive
def create(
    *, actor: Actor, user: User, name: str, scope: KeyScope, days: int | None
) -> tuple[ApiKey, str]:
    """Create a key; return it with its text. `user` is locked by the caller.

    Raises Invalid for an empty or too long name, a scope or lifetime that there is not, and
    `Invalid(name="too_many_keys")` at MAX_KEYS.
    """
    _check(actor, user, name, scope, days)
    if key_queries.count(user.id) >= MAX_KEYS:
        raise Invalid(name="too_many_keys")
    key, text = _create(actor, user, name, scope, days)
    mail_notifications.account_notice(user, NoticeKind.KEY_MADE, about=_shown(key))
    return key, text


def revoke(*, actor: Actor, user: User, key_id: int) -> ApiKey:
    """Revoke a key of `user`: one's own, for admins anybody's.

    Raises NotFound for another's; repeating is no error.
    """
    permissions.require(actor.id == user.id or permissions.can_manage_person(actor, user))
    key = or_not_found(key_queries.find(user.id, key_id))
    if key.revoked_at is None:
        api_keys.revoke(key)
        _revoked(actor, user, key)
        about = _shown(key)
        mail_notifications.account_notice(user, NoticeKind.KEY_REVOKED, about=about, by=actor)
    return key


@sensitive
def reset_all(
    *, actor: Actor, user: User, name: str, scope: KeyScope, days: int | None
) -> tuple[ApiKey, str]:
    """Revoke all keys and create a new one."""
    _check(actor, user, name, scope, days)
    for old in api_keys.revoke_all(user):
        _revoked(actor, user, old)
    key, text = _create(actor, user, name, scope, days)
    mail_notifications.account_notice(user, NoticeKind.KEYS_RESET, about=_shown(key))
    return key, text


def scopes_of(actor: Actor) -> tuple[KeyScope, ...]:
    """The scopes that a key of the actor may have: mail may say that it is from anybody."""
    may_bring_mail = permissions.can_administer(actor)
    return tuple(one for one in KeyScope if one is not KeyScope.INBOUND or may_bring_mail)


def _check(actor: Actor, user: User, name: str, scope: KeyScope, days: int | None) -> None:
    permissions.require(actor.id == user.id)
    if scope not in scopes_of(actor):
        raise Invalid(scope="unknown")
    if not name:
        raise Invalid(name="required")
    if len(name) > MAX_NAME:
        raise Invalid(name="too_long")
    if days not in LIFETIMES:
        raise Invalid(expires="unknown")


def _create(
    actor: Actor, user: User, name: str, scope: KeyScope, days: int | None
) -> tuple[ApiKey, str]:
    expires_at = clock.now() + timedelta(days=days) if days else None
    key, text = api_keys.issue(user, name=name, scope=scope, expires_at=expires_at)
    account_log.record(
        user=user, kind=AccountEventKind.KEY_MADE, actor=actor, **_log_data(key), scope=scope
    )
    return key, text


def _revoked(actor: Actor, user: User, key: ApiKey) -> None:
    account_log.record(user=user, kind=AccountEventKind.KEY_REVOKED, actor=actor, **_log_data(key))


def _shown(key: ApiKey) -> str:
    return f"{key.name} ({key.prefix}…)"


def _log_data(key: ApiKey) -> dict[str, str]:
    """What the log records of a key: enough to identify it, not to use it."""
    return {"name": key.name, "prefix": key.prefix}
