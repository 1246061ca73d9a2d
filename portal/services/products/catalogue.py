"""Stores what a marketplace has answered: products, their stocks, and which of them are gone.

A page is stored in one transaction with the sync's place, so it is stored once, whatever happens.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.extensions import db
from portal.integrations.shop import Item, Page, Problem, ShopError, Stock
from portal.models.products import (
    Product,
    ProductStock,
    ProductSync,
    SyncError,
    SyncStage,
    SyncState,
)
from portal.services.delivery import leases
from portal.services.delivery.leases import Lease
from portal.services.products import outcome
from portal.services.products.syncs import LEASE, refuse

_TOLD = (
    "article",
    "name",
    "brand",
    "category",
    "picture_url",
    "shop_url",
    "price",
    "currency",
)
_MAX_STOCK = 2**31 - 1
# Pages in which nothing is new: cards that were changed meanwhile come once more.
_SPARE_PAGES = 20


def advance(lease: Lease, page: Page) -> bool:
    """Store a page, and end the sync after the last one; False when the lease was lost.

    Raises ShopError for a page that leads nowhere.
    """
    if not leases.renew(ProductSync, lease, span=LEASE, attempts=0):
        return False
    sync = db.session.get_one(ProductSync, lease.row_id, populate_existing=True)
    if page.cursor is not None and page.cursor == sync.cursor:
        raise ShopError(Problem.ANSWER, "the same page again")
    _store(sync, page)
    sync.pages += 1
    sync.errors += page.unreadable
    sync.total = sync.total if page.total is None else page.total
    sync.stage = SyncStage.CARDS
    if page.cursor is None:
        db.session.flush()
        _finish(lease, sync)
        return True
    if sync.pages > sync.seen + _SPARE_PAGES:
        raise ShopError(Problem.ANSWER, "pages without an end")
    sync.cursor = page.cursor
    return True


def _store(sync: ProductSync, page: Page) -> None:
    now = clock.now()
    items = {item.external_id: item for item in page.items}
    products = _known(sync, {*items, *page.cardless})
    sync.seen += sum(product.last_sync_id != sync.id for product in products.values())
    stocks = _stocks(products.values())
    for external_id, product in products.items():
        changed = _update(product, items.get(external_id), stocks.get(product.id, {}))
        if changed or product.gone_at is not None:
            product.changed_at, product.gone_at = now, None
            sync.changed += product.last_sync_id != sync.id
        product.last_sync_id = sync.id
    new = [item for external_id, item in items.items() if external_id not in products]
    _add(sync, new, now)
    sync.seen += len(new)
    sync.added += len(new)


def _known(sync: ProductSync, external_ids: set[str]) -> dict[str, Product]:
    query = select(Product).where(
        Product.organization_id == sync.organization_id,
        Product.marketplace == sync.marketplace,
        Product.external_id.in_(sorted(external_ids)),
    )
    return {product.external_id: product for product in db.session.scalars(query)}


def _stocks(products: Iterable[Product]) -> dict[int, dict[str, ProductStock]]:
    query = select(ProductStock).where(ProductStock.product_id.in_([one.id for one in products]))
    found: dict[int, dict[str, ProductStock]] = {}
    for stock in db.session.scalars(query):
        found.setdefault(stock.product_id, {})[stock.warehouse] = stock
    return found


def _update(product: Product, item: Item | None, kept: Mapping[str, ProductStock]) -> bool:
    """Give the product what is told of it; whether that was anything new."""
    if item is None:
        return False
    changed = [name for name in _TOLD if getattr(product, name) != getattr(item, name)]
    for name in changed:
        setattr(product, name, getattr(item, name))
    moved = _update_stocks(product, _by_warehouse(item), kept)
    product.stock = _sum(item)
    return bool(changed) or moved


def _update_stocks(
    product: Product, told: Mapping[str, Stock], kept: Mapping[str, ProductStock]
) -> bool:
    moved = False
    for name, row in kept.items():
        if name not in told:
            db.session.delete(row)
            moved = True
        elif (row.present, row.reserved) != told[name][1:]:
            row.present, row.reserved = told[name][1:]
            moved = True
    missing = [stock for name, stock in told.items() if name not in kept]
    db.session.add_all(_row(product.id, stock) for stock in missing)
    return moved or bool(missing)


def _add(sync: ProductSync, items: Iterable[Item], now: datetime) -> None:
    made = [
        (
            Product(
                organization_id=sync.organization_id,
                marketplace=sync.marketplace,
                external_id=item.external_id,
                stock=_sum(item),
                first_seen_at=now,
                changed_at=now,
                last_sync_id=sync.id,
                **{name: getattr(item, name) for name in _TOLD},
            ),
            item,
        )
        for item in items
    ]
    db.session.add_all(product for product, _item in made)
    db.session.flush()  # stocks need the ids
    db.session.add_all(
        _row(product.id, stock) for product, item in made for stock in _by_warehouse(item).values()
    )


def _row(product_id: int, stock: Stock) -> ProductStock:
    return ProductStock(
        product_id=product_id,
        warehouse=stock.warehouse,
        present=stock.present,
        reserved=stock.reserved,
    )


def _by_warehouse(item: Item) -> dict[str, Stock]:
    return {stock.warehouse: stock for stock in item.stocks}


def _sum(item: Item) -> int:
    return min(sum(stock.present for stock in _by_warehouse(item).values()), _MAX_STOCK)


def _finish(lease: Lease, sync: ProductSync) -> None:
    """Take for gone what was not seen, unless the marketplace has not named all that it has."""
    problem = _not_whole(sync)
    if problem is not None:
        refuse(lease, problem)
        return
    # An item without an id may be any of them.
    gone = 0 if sync.errors else _mark_gone(sync)
    leases.settle(
        ProductSync,
        lease,
        SyncState.DONE,
        stage=SyncStage.GONE,
        gone=gone,
        error=None,
        detail=None,
        ended_at=clock.now(),
    )
    outcome.record_success(sync)


def _not_whole(sync: ProductSync) -> SyncError | None:
    """Why nothing may be taken for gone: it named nothing, or less than it has."""
    named = sync.seen + sync.errors
    # Some may have gone while it was read.
    if sync.total is not None and named < sync.total - max(5, sync.total // 100):
        return SyncError.INCOMPLETE
    if named:
        return None
    there = select(Product.id).where(*_of(sync), Product.gone_at.is_(None)).limit(1)
    return None if db.session.scalar(there) is None else SyncError.EMPTY


def _mark_gone(sync: ProductSync) -> int:
    missed = (*_of(sync), Product.gone_at.is_(None), Product.last_sync_id.is_distinct_from(sync.id))
    now = clock.now()
    ids = select(Product.id).where(*missed)
    # What is gone is in no warehouse.
    execute_bulk(delete(ProductStock).where(ProductStock.product_id.in_(ids)))
    return execute_bulk(update(Product).where(*missed).values(gone_at=now, changed_at=now, stock=0))


def _of(sync: ProductSync) -> tuple[ColumnElement[bool], ...]:
    return (
        Product.organization_id == sync.organization_id,
        Product.marketplace == sync.marketplace,
    )
