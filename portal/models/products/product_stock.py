"""ProductStock: how many of a product a warehouse has."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import BigId, Model

MAX_WAREHOUSE = 200


class ProductStock(Model):
    """`present` counts the `reserved` ones in."""

    __tablename__ = "product_stocks"
    __table_args__ = (UniqueConstraint("product_id", "warehouse"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    warehouse: Mapped[str] = mapped_column(String(MAX_WAREHOUSE))
    present: Mapped[int]
    reserved: Mapped[int] = mapped_column(default=0)
