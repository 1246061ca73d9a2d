"""Products of organizations at marketplaces, their stocks, syncs, and schedules of syncs."""

from portal.models.organizations.marketplace import Marketplace
from portal.models.products.product import Product
from portal.models.products.product_schedule import ProductSchedule
from portal.models.products.product_stock import ProductStock
from portal.models.products.product_sync import ProductSync, SyncError, SyncStage, SyncState

__all__ = [
    "Marketplace",
    "Product",
    "ProductSchedule",
    "ProductStock",
    "ProductSync",
    "SyncError",
    "SyncStage",
    "SyncState",
]
