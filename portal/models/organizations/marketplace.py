"""Marketplace: a shop where an organization sells. MarketplaceType: which of them it has chosen."""

from collections.abc import Mapping
from enum import StrEnum

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _


class Marketplace(StrEnum):
    WILDBERRIES = "wildberries"
    OZON = "ozon"


MARKETPLACE_LABELS: Mapping[str, LazyText] = {
    Marketplace.WILDBERRIES: _("Wildberries"),
    Marketplace.OZON: _("Ozon"),
}


class MarketplaceType(StrEnum):
    """What an organization has chosen; no value at all for none."""

    WILDBERRIES = "wildberries"
    OZON = "ozon"
    BOTH = "both"

    @property
    def marketplaces(self) -> tuple[Marketplace, ...]:
        return tuple(Marketplace) if self is MarketplaceType.BOTH else (Marketplace(self),)


MARKETPLACE_TYPE_LABELS: Mapping[str, LazyText] = {
    **MARKETPLACE_LABELS,
    MarketplaceType.BOTH: _("Wildberries and Ozon"),
}
