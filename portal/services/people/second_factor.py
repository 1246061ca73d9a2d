"""The second factor: codes of an app, recovery codes, and the step between password and sign-in.

A user has one when an app was confirmed by a code (`totp_counter` is set) or a passkey is there.
The right password alone then leads to a pending sign-in: a row that says who may give a code for
five minutes, and opens nothing. Passkeys themselves are in `services.people.passkeys`.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, update

from portal import clock
from portal.bulk_statements import changed_one, execute_bulk
from portal.errors import BadLink, Invalid
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.people import (
    AccountEventKind,
    Actor,
    Passkey,
    RecoveryCode,
    TokenPurpose,
    User,
    UserToken,
)
from portal.queries.people import account_events, second_factors
from portal.security import encryption, permissions
from portal.security.people import recovery_codes, tokens, totp
from portal.security.people.access import EndReason
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log
from portal.services.people.access import end_access

PENDING = timedelta(minutes=5)
_DIGITS = 6
# As they are typed, with spaces: any code, or one of the app alone.
MAX_CODE = 40
MAX_APP_CODE = 10


def is_set_up(user: User) -> bool:
    """Whether the password alone does not sign `user` in."""
    return user.totp_counter is not None or second_factors.has_passkeys(user.id)


@sensitive
def begin_totp(*, actor: Actor, user: User) -> None:
    """Give `user` a new secret, which counts for nothing until a code has confirmed it.

    Raises Invalid when an app is in use: that one is removed first.
    """
    permissions.require(actor.id == user.id)
    if user.totp_counter is not None:
        raise Invalid(totp="there")
    user.totp_secret = encryption.encrypt(totp.new_secret())


def secret_to_confirm(user: User) -> str | None:
    """The secret that waits for its first code."""
    if user.totp_secret is None or user.totp_counter is not None:
        return None
    return encryption.decrypt(user.totp_secret)


def first_step(user: User, code: str) -> int:
    """The time step of the code that confirms the app. Raises Invalid for a wrong one."""
    secret = secret_to_confirm(user)
    step = totp.matching_step(secret, _digits(code)) if secret else None
    if step is None:
        raise Invalid(code="wrong_code")
    return step


@sensitive
def confirm_totp(*, actor: Actor, user: User, code: str) -> None:
    """Let the app count from now on. Raises Invalid for a wrong code."""
    user.totp_counter = first_step(user, code)
    account_log.record(user=user, kind=AccountEventKind.TOTP_ADDED, actor=actor)
    mail_notifications.account_notice(user, NoticeKind.TOTP_ADDED)


@sensitive
def remove_totp(*, actor: Actor, user: User) -> None:
    """Forget the app; the recovery codes too, when nothing is left to recover from."""
    was_in_use = user.totp_counter is not None
    user.totp_secret = user.totp_counter = None
    remove_orphaned_codes(user)
    if was_in_use:
        account_log.record(user=user, kind=AccountEventKind.TOTP_REMOVED, actor=actor)
        mail_notifications.account_notice(user, NoticeKind.TOTP_REMOVED)


@sensitive
def reset_by_admin(*, actor: Actor, user: User) -> bool:
    """Remove app, passkeys and codes that `user` has lost, and sign them out everywhere.

    For admins, who have made sure of the person by other means; answers whether there was one.
    Raises Forbidden for the actor's own: whoever has theirs removes it with it.
    """
    permissions.require(permissions.can_administer(actor) and actor.id != user.id)
    if not is_set_up(user):
        return False
    end_access(user, EndReason.SECOND_FACTOR_TAKEN, actor=actor)
    account_log.record(user=user, kind=AccountEventKind.SECOND_FACTOR_TAKEN, actor=actor)
    mail_notifications.account_notice(user, NoticeKind.SECOND_FACTOR_TAKEN, by=actor)
    return True


def remove_added_since(user: User, moment: datetime) -> None:
    """Forget what was added after that moment, by somebody else; and an app that was only begun."""
    if user.totp_counter is None or _came(user, AccountEventKind.TOTP_ADDED, moment):
        user.totp_secret = user.totp_counter = None
    execute_bulk(delete(Passkey).where(Passkey.user_id == user.id, Passkey.created_at >= moment))
    if _came(user, AccountEventKind.RECOVERY_CODES_MADE, moment):
        _delete_codes(user)
    remove_orphaned_codes(user)


def _came(user: User, kind: AccountEventKind, moment: datetime) -> bool:
    return account_events.has_event(user.id, [kind], since=moment)


@sensitive
def store_codes(*, actor: Actor, user: User, hashes: list[str]) -> None:
    """Put a new set of recovery codes in place of the former one. They arrive hashed: slow."""
    _delete_codes(user)
    db.session.add_all(RecoveryCode(user_id=user.id, code_hash=hashed) for hashed in hashes)
    account_log.record(user=user, kind=AccountEventKind.RECOVERY_CODES_MADE, actor=actor)
    mail_notifications.account_notice(user, NoticeKind.RECOVERY_CODES_MADE)


def remove_orphaned_codes(user: User) -> None:
    """Without a second factor its recovery codes mean nothing: they go."""
    if not is_set_up(user):
        _delete_codes(user)


def find_recovery_hash(user: User, code: str) -> str | None:
    """The stored hash of a recovery code still good. Slow: to be called before the lock."""
    if _digits(code):
        return None
    return recovery_codes.matching(code, second_factors.unused_recovery_codes(user.id))


def verify(*, user: User, code: str, recovery_hash: str | None = None) -> None:
    """Take a code of the app, or the recovery code whose hash was found. Each counts once.

    Raises Invalid for a wrong or a used one.
    """
    if recovery_hash is not None:
        _use_recovery_code(user, recovery_hash)
    else:
        _use_step(user, code)


def begin_sign_in(*, user: User, remembered: bool, renewed_hash: str | None = None) -> UserToken:
    """The password was right: note who has to give a code now. Flushes, for the row's id.

    `renewed_hash` is stored: later on the password is not known any more.
    """
    user.password_hash = renewed_hash or user.password_hash
    token = UserToken(
        user_id=user.id,
        purpose=TokenPurpose.SECOND_FACTOR,
        data={"remembered": remembered, "epoch": user.epoch},
        expires_at=clock.now() + PENDING,
    )
    db.session.add(token)
    db.session.flush()
    return token


def pending_sign_in(text: str) -> tuple[UserToken, User] | None:
    """The row and its user while a code may be given; None when it is too late or used.

    A new password or role, or a disabled account, ends it: the epoch is another one then.
    """
    try:
        token = tokens.find(TokenPurpose.SECOND_FACTOR, text)
    except BadLink:
        return None
    user = db.session.get_one(User, token.user_id)
    return (token, user) if user.epoch == token.data["epoch"] else None


def end_pending(token: UserToken) -> bool:
    """Use the pending sign-in up; False when somebody else was quicker."""
    try:
        tokens.redeem(token)
    except BadLink:
        return False
    return True


def _use_step(user: User, code: str) -> None:
    """A code counts when its step is later than the last one taken; the database decides."""
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
    """The six digits of an app's code, however they were spaced; nothing for other texts."""
    digits = "".join(code.split())
    return digits if len(digits) == _DIGITS and digits.isascii() and digits.isdigit() else ""
