"""IdempotencyKey: a request that a program may send again, and what it was answered."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import INTERNAL, stays_after_erasure
from portal.models.base import Created, Model, UtcDateTime
from portal.models.people.rights_snapshot import RightsSnapshot


class IdempotencyKey(RightsSnapshot, Created, Model):
    """`digest` is of caller, route and key; `fingerprint` of the request. Never the key itself.

    While `answer` is empty, whoever holds `lease` is at work until `lease_until`. The answer is
    encrypted under the key, which only the program knows. `user_id` is for whom it was made, and
    `ticket_id` what it tells of; both are NULL where it is about nobody and no ticket.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index(None, "expires_at"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    lease: Mapped[str] = mapped_column(String(32))
    lease_until: Mapped[datetime] = mapped_column(UtcDateTime)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    user_id: Mapped[int | None] = mapped_column(
        BigInteger, info=stays_after_erasure("gone after a day") | INTERNAL
    )
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
