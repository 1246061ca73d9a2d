"""Adding, renaming, removing and verifying passkeys of an account."""

from sqlalchemy import or_, update

from portal import clock
from portal.bulk_statements import changed_one
from portal.errors import Invalid, or_not_found
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.people import AccountEventKind, Actor, Passkey, User
from portal.queries.people import second_factors
from portal.security.people import passkeys
from portal.security.people.passkeys import Answer, Challenge, NewPasskey
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log, second_factor

MAX_PASSKEYS = 20
MAX_NAME = 100


@sensitive
def add(*, actor: Actor, user: User, made: NewPasskey, name: str) -> Passkey:
    """Store a new passkey. Raises Invalid when it exists already or there are too many."""
    if second_factors.passkey_by_credential(made.credential_id) is not None:
        raise Invalid(passkey="refused")
    if len(second_factors.passkeys_of(user.id)) >= MAX_PASSKEYS:
        raise Invalid(passkey="too_many")
    passkey = Passkey(
        user_id=user.id,
        name=name,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=made.transports,
    )
    db.session.add(passkey)
    db.session.flush()
    account_log.record(user=user, kind=AccountEventKind.PASSKEY_ADDED, actor=actor, name=name)
    mail_notifications.account_notice(user, NoticeKind.PASSKEY_ADDED, about=name)
    return passkey


def rename(*, actor: Actor, passkey_id: int, name: str) -> None:
    """Rename one of the actor's passkeys. Raises NotFound for another's."""
    _own(actor, passkey_id).name = name


@sensitive
def remove(*, actor: Actor, user: User, passkey_id: int) -> None:
    """Delete one of the actor's passkeys. Raises NotFound for another's."""
    passkey = _own(actor, passkey_id)
    db.session.delete(passkey)
    db.session.flush()
    second_factor.remove_orphaned_codes(user)
    name = passkey.name
    account_log.record(user=user, kind=AccountEventKind.PASSKEY_REMOVED, actor=actor, name=name)
    mail_notifications.account_notice(user, NoticeKind.PASSKEY_REMOVED, about=name)


def verify(answer: Answer, challenge: Challenge, *, alone: bool, user: User | None = None) -> User:
    """The active user whose passkey has answered, if given `user`. An answer is valid once.

    Raises Invalid for an invalid or used answer, and for another user's passkey.
    """
    passkey = second_factors.passkey_by_credential(answer.credential_id)
    if passkey is None or (user is not None and passkey.user_id != user.id):
        raise Invalid(passkey="refused")
    sign_count = passkeys.verify(answer, passkey, challenge, alone=alone)
    owner = db.session.get_one(User, passkey.user_id)
    if not owner.is_active or not _is_new(passkey, challenge, sign_count):
        raise Invalid(passkey="refused")
    return owner


def _is_new(passkey: Passkey, challenge: Challenge, sign_count: int) -> bool:
    """Record the use, unless the challenge was issued before the last use.

    Many authenticators keep no signature count, so the count alone does not protect from replay.
    """
    return changed_one(
        update(Passkey)
        .where(
            Passkey.id == passkey.id,
            or_(Passkey.last_used_at.is_(None), Passkey.last_used_at < challenge.issued_at),
        )
        .values(last_used_at=clock.now(), sign_count=sign_count)
    )


def _own(actor: Actor, passkey_id: int) -> Passkey:
    return or_not_found(second_factors.passkey_of(actor.id, passkey_id))
