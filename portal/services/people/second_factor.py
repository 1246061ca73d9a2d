"""The second factor: TOTP and recovery codes.

An account has one when TOTP was confirmed by a code (`totp_counter` is set) or it has a passkey.
Passkeys are in `services.people.passkeys`, sign-ins that wait for a code in
`services.people.pending_sign_ins`.
"""

from datetime import datetime

from sqlalchemy import delete, update

from portal import clock
from portal.bulk_statements import changed_one, execute_bulk
from portal.errors import Invalid
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.people import (
    AccountEventKind,
    Actor,
    Passkey,
    RecoveryCode,
    User,
)
from portal.queries.people import account_events, second_factors
from portal.security import encryption, permissions
from portal.security.people import recovery_codes, totp
from portal.security.people.access import EndReason
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log
from portal.services.people.access import end_access

_DIGITS = 6
# Of the typed text, with spaces: of any code, and of a TOTP code.
MAX_CODE = 40
MAX_APP_CODE = 10


def is_set_up(user: User) -> bool:
    """Whether `user` has a second factor."""
    return user.totp_counter is not None or second_factors.has_passkeys(user.id)


@sensitive
def begin_totp(*, actor: Actor, user: User) -> None:
    """Give `user` a new TOTP secret, which is unused until a code confirms it.

    Raises Invalid when TOTP is in use.
    """
    permissions.require(actor.id == user.id)
    if user.totp_counter is not None:
        raise Invalid(totp="there")
    user.totp_secret = encryption.encrypt(totp.new_secret())


def secret_to_confirm(user: User) -> str | None:
    """The TOTP secret that has not been confirmed yet."""
    if user.totp_secret is None or user.totp_counter is not None:
        return None
    return encryption.decrypt(user.totp_secret)


def first_step(user: User, code: str) -> int:
    """The time step of the code that confirms TOTP. Raises Invalid."""
    secret = secret_to_confirm(user)
    step = totp.matching_step(secret, _digits(code)) if secret else None
    if step is None:
        raise Invalid(code="wrong_code")
    return step


@sensitive
def confirm_totp(*, actor: Actor, user: User, code: str) -> None:
    """Confirm TOTP by a code. Raises Invalid."""
    user.totp_counter = first_step(user, code)
    account_log.record(user=user, kind=AccountEventKind.TOTP_ADDED, actor=actor)
    mail_notifications.account_notice(user, NoticeKind.TOTP_ADDED)


@sensitive
def remove_totp(*, actor: Actor, user: User) -> None:
    """Remove TOTP and, without another factor, the recovery codes."""
    was_in_use = user.totp_counter is not None
    user.totp_secret = user.totp_counter = None
    remove_orphaned_codes(user)
    if was_in_use:
        account_log.record(user=user, kind=AccountEventKind.TOTP_REMOVED, actor=actor)
        mail_notifications.account_notice(user, NoticeKind.TOTP_REMOVED)


@sensitive
def reset_by_admin(*, actor: Actor, user: User) -> bool:
    """Remove all second factors of `user`, who has lost them, and end all sessions.

    For admins, who have identified the user by other means; returns whether there was one. Raises
    Forbidden for the actor's own.
    """
    permissions.require(permissions.can_manage_person(actor, user) and actor.id != user.id)
    if not is_set_up(user):
        return False
    end_access(user, EndReason.SECOND_FACTOR_TAKEN, actor=actor)
    account_log.record(user=user, kind=AccountEventKind.SECOND_FACTOR_TAKEN, actor=actor)
    mail_notifications.account_notice(user, NoticeKind.SECOND_FACTOR_TAKEN, by=actor)
    return True


def remove_added_since(user: User, moment: datetime) -> None:
    """Remove factors that were added after `moment`, and unconfirmed TOTP."""
    if user.totp_counter is None or _was_added(user, AccountEventKind.TOTP_ADDED, moment):
        user.totp_secret = user.totp_counter = None
    execute_bulk(delete(Passkey).where(Passkey.user_id == user.id, Passkey.created_at >= moment))
    if _was_added(user, AccountEventKind.RECOVERY_CODES_MADE, moment):
        _delete_codes(user)
    remove_orphaned_codes(user)


def _was_added(user: User, kind: AccountEventKind, moment: datetime) -> bool:
    return account_events.has_event(user.id, [kind], since=moment)


@sensitive
def store_codes(*, actor: Actor, user: User, hashes: list[str]) -> None:
    """Replace the recovery codes. They arrive hashed, as hashing is slow."""
    _delete_codes(user)
    db.session.add_all(RecoveryCode(user_id=user.id, code_hash=hashed) for hashed in hashes)
    account_log.record(user=user, kind=AccountEventKind.RECOVERY_CODES_MADE, actor=actor)
    mail_notifications.account_notice(user, NoticeKind.RECOVERY_CODES_MADE)


def remove_orphaned_codes(user: User) -> None:
    """Delete recovery codes unless there is a second factor."""
    if not is_set_up(user):
        _delete_codes(user)


def find_recovery_hash(user: User, code: str) -> str | None:
    """The stored hash that a recovery code matches. Slow: call it before the write lock."""
    if _digits(code):
        return None
    return recovery_codes.matching(code, second_factors.unused_recovery_codes(user.id))


def verify(*, user: User, code: str, recovery_hash: str | None = None) -> None:
    """Accept a TOTP code, or the recovery code with the hash `recovery_hash`. Each is valid once.

    Raises Invalid.
    """
    if recovery_hash is not None:
        _use_recovery_code(user, recovery_hash)
    else:
        _use_step(user, code)


def _use_step(user: User, code: str) -> None:
    """Accept a code whose time step is later than the last accepted one; the database decides."""
    digits, secret = _digits(code), user.totp_secret
    if not digits or secret is None or user.totp_counter is None:
        raise Invalid(code="wrong_code")
    step = totp.matching_step(encryption.decrypt(secret), digits)
    if step is None or not _is_new(user, step):
        raise Invalid(code="wrong_code")


def _is_new(user: User, step: int) -> bool:
    return changed_one(
        update(User).where(User.id == user.id, User.totp_counter < step).values(totp_counter=step)
    )


def _use_recovery_code(user: User, hashed: str) -> None:
    if not changed_one(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == hashed,
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
    ):
        raise Invalid(code="wrong_code")
    left = len(second_factors.unused_recovery_codes(user.id))
    account_log.record(user=user, kind=AccountEventKind.RECOVERY_CODE_USED, left=left)
    mail_notifications.account_notice(user, NoticeKind.RECOVERY_CODE_USED)


def _delete_codes(user: User) -> None:
    execute_bulk(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def _digits(code: str) -> str:
    """The six digits of `code` without spaces; empty for other texts."""
    digits = "".join(code.split())
    return digits if len(digits) == _DIGITS and digits.isascii() and digits.isdigit() else ""
