"""Idempotency keys of the API: repeated requests get the stored response.

The response is stored in the transaction of the change. It may contain tokens and keys, so it is
encrypted under the idempotency key, which only the client knows. It is not given to a user whose
rights have changed since, or to whom its ticket is not visible any more.

The lease here is a lock for the duration of one request; nothing is retried by the server, so it
does not use `services.delivery.leases`.
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
# Longer than any request may take: afterwards its worker counts as dead.
LEASE = timedelta(seconds=60)


class Answer(NamedTuple):
    """A response to store, for whom it was made, and the ticket that it shows.

    `reader` is the user as of the response; None when it contains no user's data.
    """

    body: bytes
    reader: Actor | None
    ticket_id: int | None = None


def begin(*, digest: str, fingerprint: str, key: str) -> tuple[str, bytes | None]:
    """Begin a request: returns a lease and, for a repeated request, the stored response.

    Raises StillRunning while another worker processes it, KeyReused when the key was used with
    another request, AnswerEnded. The caller commits before processing.
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
        raise StillRunning  # released just now
    if known.fingerprint != fingerprint:
        raise KeyReused
    if known.answer is None:
        raise StillRunning
    if not _may_be_given_out(known):
        raise AnswerEnded
    return lease, _decrypted(key, known.answer)


def finish(*, digest: str, lease: str, key: str, answer: Answer) -> None:
    """Store the response. Raises StillRunning when the lease was lost."""
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
    """Delete the request: nothing was done, and the key may be used again."""
    execute_bulk(
        delete(IdempotencyKey).where(
            IdempotencyKey.digest == digest,
            IdempotencyKey.lease == lease,
            IdempotencyKey.answer.is_(None),
        )
    )


def delete_expired(limit: int) -> None:
    """Delete up to `limit` expired requests."""
    old = select(IdempotencyKey.digest).where(IdempotencyKey.expires_at <= clock.now()).limit(limit)
    execute_bulk(delete(IdempotencyKey).where(IdempotencyKey.digest.in_(old)))


def _may_be_given_out(known: IdempotencyKey) -> bool:
    """Whether the reader's rights are unchanged and the ticket is still visible to them."""
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
    """Whether the row had expired, or its worker has died."""
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
    # Imported late: few requests have a key.
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
        # SECRET_KEY was replaced without a fallback.
        raise KeyReused from None
