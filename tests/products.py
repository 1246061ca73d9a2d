"""Products of the tests: made as a sync leaves them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import Actor
from portal.models.products import Marketplace, Product, ProductStock
from portal.models.products.product import MAX_EXTERNAL_ID
from tests import factories


def add_product(
    app: Flask, whose: Actor, name: str, *, stocks: Mapping[str, int] | None = None, **columns: Any
) -> int:
    """A product of that person's organization, with so many in each warehouse. Its id."""
    with factories.writing(app):
        stocks = stocks or {}
        moment = clock.now()
        usual = {
            "marketplace": Marketplace.WILDBERRIES,
            "external_id": name.lower()[:MAX_EXTERNAL_ID],
            "price": Decimal("499.00"),
            "currency": "RUB",
            "stock": sum(stocks.values()),
            "first_seen_at": moment,
            "changed_at": moment,
        }
        product = Product(organization_id=whose.organization_id, name=name, **usual | columns)
        db.session.add(product)
        db.session.flush()
        db.session.add_all(
            ProductStock(product_id=product.id, warehouse=warehouse, present=number, reserved=0)
            for warehouse, number in stocks.items()
        )
        return int(product.id)
