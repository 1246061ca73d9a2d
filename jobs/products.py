"""Fetching products from marketplaces: some pages in a turn, each stored before the next."""

import logging
import time
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from jobs import delivery, job
from jobs.delivery_handler import Claimed, Settle
from jobs.stored_pieces import write
from portal.extensions import db
from portal.integrations.shop import Shop, ShopBusy, ShopError
from portal.models.organizations import Marketplace
from portal.models.products import ProductSync
from portal.services.delivery.leases import Lease
from portal.services.products import catalogue, connection, syncs

log = logging.getLogger(__name__)

# Then what others wait for has its turn: a desk may have one worker.
_TURN_SECONDS = 10.0


class _Place(NamedTuple):
    """The client, and where to go on."""

    shop: Shop
    cursor: str


@job
def sync(sync_id: int) -> None:
    """Go on with the sync if it is due and no other worker has its lease."""
    delivery.deliver_due(SyncHandler(sync_id), 0.0)


class SyncHandler:
    """Fetches the pages of one sync, as a handler of `jobs.delivery`."""

    name = "sync of products"
    model = ProductSync
    longest = 60.0  # a page
    at_once = 1

    def __init__(self, row_id: int) -> None:
        self._id = row_id

    def claim(self) -> Claimed | None:
        lease = syncs.claim(self._id)
        return None if lease is None else Claimed(lease)

    @job
    def compose(self, item: Claimed) -> _Place | Settle:
        """The keys are read at each turn: they may have been replaced."""
        row = db.session.get_one(ProductSync, item.lease.row_id)
        if (reason := syncs.reason_not_to_sync(row)) is not None:
            return partial(syncs.refuse, item.lease, reason)
        try:
            shop = connection.open_shop(row.organization_id, Marketplace(row.marketplace))
        except ShopError as error:
            return partial(syncs.fail, item.lease, error)
        return _Place(shop, row.cursor)

    def send(self, item: Claimed, message: _Place, within: float) -> Settle:  # noqa: ARG002
        """Fetch and store pages until the last one, or the end of the turn."""
        until = time.monotonic() + _TURN_SECONDS
        lease, cursor = item.lease, message.cursor
        while True:
            try:
                page = message.shop.page(cursor)
                if not write(catalogue.advance, lease, page):
                    return delivery.lease_lost(self, lease)
                if page.cursor is None:
                    return partial(log.info, "%s %s has ended", self.name, lease.row_id)
            except ShopBusy as busy:
                return partial(syncs.wait, lease, busy.seconds)
            except ShopError as error:
                return partial(syncs.fail, lease, error)
            cursor = page.cursor
            # What was stored is no failed try any more.
            lease = replace(lease, attempt=1)
            if time.monotonic() > until:
                return partial(syncs.let_others, lease)
            time.sleep(page.pause)

    def postpone(self, lease: Lease, error: Exception) -> object:
        return syncs.postpone(lease, error)
