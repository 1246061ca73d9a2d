"""The marketplaces that products are fetched from."""

from collections.abc import Mapping

from portal.integrations.ozon import shop as ozon
from portal.integrations.shop import ShopKind
from portal.integrations.wildberries import shop as wildberries
from portal.models.organizations import Marketplace

SHOPS: Mapping[str, ShopKind] = {
    Marketplace.WILDBERRIES: wildberries,
    Marketplace.OZON: ozon,
}
