"""Requests that come again: who is at work on one, and what it was answered.

The answer is stored in the transaction of the change, so a request is done and remembered or
neither. It may hold tokens and keys, so it is encrypted under the idempotency key itself, which
only the program knows: the row alone gives nothing away. And it is told to nobody whose rights
have changed since, nor when its ticket is not theirs to see any more.

The lease here is a lock on an answer, for as long as one request lasts. Nothing is owed: nobody
tries again by themselves, so it is none of `services.delivery.leases`.
"""

import base64
import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, or_, select, update

from portal import clock
from portal.bulk_statements import changed_one, execute_bulk, insert_missing
from portal.errors import AnswerEnded, KeyReused, StillRunning
from portal.extensions import db, setting
from portal.models.operations import IdempotencyKey
from portal.models.people import Actor, User
from portal.models.tickets import Ticket
from portal.queries.tickets.tickets import visible_to

KEPT = timedelta(hours=24)
# Longer than any request may take: then whoever was at work has died.
LEASE = timedelta(seconds=60)


class Answer(NamedTuple):
    """What to remember: the bytes, for whom they were made, and the ticket that they tell of.

    `reader` is as they were when the answer was made; None for one that says nothing of anybody.
    """

    body: bytes
    reader: Actor | None
    ticket_id: int | None = None


def begin(*, digest: str, fingerprint: str, key: str) -> tuple[str, bytes | None]:
    """Take the request on: a lease to work under, or the answer that it had.

    Raises StillRunning while somebody else works on it, KeyReused when the key stands for another
    request, AnswerEnded. The caller commits before the work begins.
    """
    lease, moment = secrets.token_urlsafe(16), clock.now()
    row = {
        "digest": digest,
        "fingerprint": fingerprint,
        "lease": lease,
        "lease_until": moment + LEASE,
        "expires_at": moment + KEPT,
        "created_at": moment,
    }
    if insert_missing(IdempotencyKey, [row]) or _taken_over(row):
        return lease, None
    known = db.session.scalars(select(IdempotencyKey).filter_by(digest=digest)).one_or_none()
    if known is None:
        raise StillRunning  # released at this very moment
    if known.fingerprint != fingerprint:
        raise KeyReused
    if known.answer is None:
        raise StillRunning
    if not _may_be_told(known):
        raise AnswerEnded
    return lease, _decrypted(key, known.answer)


def finish(*, digest: str, lease: str, key: str, answer: Answer) -> None:
    """Remember the answer. Raises StillRunning when the lease has gone to somebody else."""
    reader = answer.reader
    if not changed_one(
        update(IdempotencyKey)
        .where(IdempotencyKey.digest == digest, IdempotencyKey.lease == lease)
        .values(
            answer=_cipher(key).encrypt(answer.body),
            user_id=reader and reader.id,
            organization_id=reader and reader.organization_id,
            rights_epoch=reader and reader.rights_epoch,
            ticket_id=answer.ticket_id,
        )
    ):
        raise StillRunning


def release(*, digest: str, lease: str) -> None:
    """Forget the request: nothing was done, and the key may be used again."""
    execute_bulk(
        delete(IdempotencyKey).where(
            IdempotencyKey.digest == digest,
            IdempotencyKey.lease == lease,
            IdempotencyKey.answer.is_(None),
        )
    )


def delete_expired(limit: int) -> None:
    """Remove up to `limit` requests that are remembered no longer."""
    old = select(IdempotencyKey.digest).where(IdempotencyKey.expires_at <= clock.now()).limit(limit)
    execute_bulk(delete(IdempotencyKey).where(IdempotencyKey.digest.in_(old)))


def _may_be_told(known: IdempotencyKey) -> bool:
    """Whether its reader is who they were, and may still see the ticket that it tells of."""
    if known.user_id is None:
        return True
    user = db.session.get(User, known.user_id, populate_existing=True)
    if user is None or not user.is_active or not known.matches_rights_of(user.actor):
        return False
    if known.ticket_id is None:
        return True
    seen = select(Ticket.id).where(Ticket.id == known.ticket_id, visible_to(user.actor))
    return db.session.scalar(seen) is not None


def _taken_over(row: dict[str, Any]) -> bool:
    """Whether the row was old: remembered no longer, or left behind by somebody who died."""
    moment = clock.now()
    left_behind = (
        IdempotencyKey.answer.is_(None)
        & (IdempotencyKey.lease_until <= moment)
        & (IdempotencyKey.fingerprint == row["fingerprint"])
    )
    return changed_one(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.digest == row["digest"],
            or_(IdempotencyKey.expires_at <= moment, left_behind),
        )
        .values(**row, answer=None)
    )


def _cipher(key: str) -> Any:
    # Late: few requests carry a key.
    from cryptography.fernet import Fernet, MultiFernet

    texts = [setting("SECRET_KEY"), *setting("SECRET_KEY_FALLBACKS")]
    digests = [
        hmac.digest(text.encode(), b"lodge idempotent answer" + key.encode(), hashlib.sha256)
        for text in texts
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def _decrypted(key: str, answer: bytes) -> bytes:
    from cryptography.fernet import InvalidToken

    try:
        return bytes(_cipher(key).decrypt(answer))
    except InvalidToken:
        # The secret was replaced and the former one thrown away.
        raise KeyReused from None
