"""FileHandler: writes a file that somebody has asked for, as a handler of `jobs.delivery`.

The file is streamed into the store outside of any transaction; recording the progress renews the
lease, and finds out whether the file is still wanted. When the worker dies, the sweep finds the row
after its lease has expired.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import partial
from typing import Any, Generic, TypeVar

from flask import current_app

from jobs import delivery, stored_pieces
from jobs.delivery_handler import Claimed, Settle
from jobs.stored_pieces import AnyPiece, LeaseLostError, write
from portal.isolation import attempt_each
from portal.services.delivery.leases import Lease
from portal.storage import Storage, Stored

Order = TypeVar("Order")


class FileHandler(ABC, Generic[Order, AnyPiece]):
    """Writes the file of one row; `Order` says what stands in it, and is made by `compose`."""

    name: str
    model: Any
    longest = 10.0  # between two renewals
    at_once = 1

    def __init__(self, row_id: int) -> None:
        self.storage: Storage = current_app.extensions["lodge.storage"]
        self._id = row_id
        self._unwanted: list[str] = []

    def write_if_due(self) -> None:
        """Write it unless another worker has its lease; then delete what files it leaves."""
        delivery.deliver_due(self, 0.0)
        attempt_each("file", self.storage.delete, self._unwanted)

    @abstractmethod
    def lease(self, row_id: int) -> Lease | None:
        """The lease on a due row, in a write transaction."""

    @abstractmethod
    def compose(self, item: Claimed) -> Order | Settle:
        """What to write, or how to settle the row instead, in a transaction of its own."""

    @abstractmethod
    def pieces(self, order: Order) -> Iterator[AnyPiece]:
        """The file."""

    @abstractmethod
    def advance(self, lease: Lease, piece: AnyPiece) -> bool:
        """Record how far it is, in a write transaction; False when the lease was lost."""

    @abstractmethod
    def finish(
        self, lease: Lease, stored: Stored, order: Order, last: AnyPiece | None
    ) -> list[str]:
        """Settle it, in a write transaction; returns storage keys of files that nobody needs."""

    @abstractmethod
    def postpone(self, lease: Lease, error: Exception) -> object:
        """Record the error for who has asked, and try again."""

    def claim(self) -> Claimed | None:
        lease = self.lease(self._id)
        return None if lease is None else Claimed(lease)

    def send(self, item: Claimed, message: Order, within: float) -> Settle:  # noqa: ARG002
        """Write the file."""
        last: AnyPiece | None = None

        def followed() -> Iterator[AnyPiece]:
            nonlocal last
            for piece in self.pieces(message):
                last = piece
                yield piece

        advance = partial(write, self.advance, item.lease)
        try:
            stored = stored_pieces.store(self.storage, followed(), advance)
        except LeaseLostError:
            return delivery.lease_lost(self, item.lease)
        return partial(self._finish, item.lease, stored, message, last)

    def _finish(self, lease: Lease, stored: Stored, order: Order, last: AnyPiece | None) -> None:
        self._unwanted = self.finish(lease, stored, order, last)
