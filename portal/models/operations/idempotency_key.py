"""IdempotencyKey: a repeatable API request and its stored response."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import INTERNAL, stays_after_erasure
from portal.models.base import Created, Model, UtcDateTime
from portal.models.people.rights_snapshot import RightsSnapshot


class IdempotencyKey(RightsSnapshot, Created, Model):
    """`digest` is of caller, route and key; `fingerprint` of the request. The key is not stored.

    While `answer` is empty, the holder of `lease` is processing the request until `lease_until`.
    The answer is encrypted under the key, which only the client knows. `user_id` is the user it was
    made for, `ticket_id` the ticket it shows; both may be NULL.
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
