"""BlockedSender: an address, or a domain with all below it, whose mail waits as suspected."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import BARE_NUMBER, INTERNAL, NOT_THEIRS, erased_by_rule
from portal.models.base import BigId, Created, Model

# An @ and a domain, or an address.
MAX_PATTERN = 254
MAX_REASON = 200


class BlockedSender(Created, Model):
    """`pattern` is an address in the form of accounts, or an @ and a domain in that form."""

    __tablename__ = "blocked_senders"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    pattern: Mapped[str] = mapped_column(
        String(MAX_PATTERN),
        unique=True,
        info=erased_by_rule("rows of known addresses go") | INTERNAL,
    )
    # Why, for other administrators.
    reason: Mapped[str] = mapped_column(String(MAX_REASON), default="")
    added_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), info=BARE_NUMBER | NOT_THEIRS)
