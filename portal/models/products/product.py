"""Product: a card of an organization at a marketplace, as it was fetched the last time."""

import re
from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model, Money, UtcDateTime

MAX_EXTERNAL_ID = 64
MAX_NAME = 500
# Of article, brand and category.
MAX_WORDS = 200
MAX_URL = 1000


class Product(Model):
    """Written by syncs alone.

    `external_id` is the marketplace's id, `article` the seller's own code. `stock` is the sum of
    its ProductStock. `gone_at` says when a sync missed it: the row stays, as tickets may name it.
    `changed_at` is when a sync last found something changed, `last_sync_id` the last that saw it.
    """

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("organization_id", "marketplace", "external_id"),
        Index(None, "organization_id", "name", "id"),
        Index(None, "organization_id", "changed_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id", ondelete="CASCADE"))
    marketplace: Mapped[str] = mapped_column(String(16))
    external_id: Mapped[str] = mapped_column(String(MAX_EXTERNAL_ID))
    article: Mapped[str] = mapped_column(String(MAX_WORDS), default="")
    name: Mapped[str] = mapped_column(String(MAX_NAME), default="")
    brand: Mapped[str] = mapped_column(String(MAX_WORDS), default="")
    category: Mapped[str] = mapped_column(String(MAX_WORDS), default="")
    picture_url: Mapped[str] = mapped_column(String(MAX_URL), default="")
    shop_url: Mapped[str] = mapped_column(String(MAX_URL), default="")
    price: Mapped[Decimal | None] = mapped_column(Money)
    # ISO 4217.
    currency: Mapped[str | None] = mapped_column(String(3))
    stock: Mapped[int] = mapped_column(default=0)
    gone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # No foreign key: the log of syncs is deleted after a while.
    last_sync_id: Mapped[int | None] = mapped_column(BigInteger)

    @property
    def number(self) -> str:
        """The public id: PRD000001."""
        return format_id(self.id)


def format_id(product_id: int) -> str:
    """Product 1 is PRD000001."""
    return f"PRD{product_id:06d}"


_NUMBER = re.compile(r"PRD([0-9]{6,18})", re.ASCII)


def parse_id(text: str) -> int | None:
    """The id in PRD000001; None for any other text."""
    match = _NUMBER.fullmatch(text)
    return int(match[1]) if match and format_id(int(match[1])) == text else None
