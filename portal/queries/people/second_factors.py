"""Passkeys and unused recovery codes of an account."""

from sqlalchemy import exists, or_, select

from portal.extensions import db
from portal.models.people import Passkey, RecoveryCode, User

# Condition on users: confirmed TOTP, or a passkey.
IS_SET_UP = or_(User.totp_counter.is_not(None), exists().where(Passkey.user_id == User.id))


def passkeys_of(user_id: int) -> list[Passkey]:
    """Passkeys of the account, oldest first."""
    query = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)
    return list(db.session.scalars(query))


def has_passkeys(user_id: int) -> bool:
    return bool(db.session.scalar(select(exists().where(Passkey.user_id == user_id))))


def passkey_of(user_id: int, passkey_id: int) -> Passkey | None:
    """The passkey of that id if the account owns it."""
    query = select(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id)
    return db.session.scalar(query)


def passkey_by_credential(credential_id: str) -> Passkey | None:
    """The passkey of that credential id, of any account."""
    return db.session.scalar(select(Passkey).where(Passkey.credential_id == credential_id))


def unused_recovery_codes(user_id: int) -> list[str]:
    """Hashes of the account's unused recovery codes."""
    query = select(RecoveryCode.code_hash).where(
        RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    )
    return list(db.session.scalars(query))
