"""Interface of a handler, by which `jobs.delivery` delivers one kind of leased rows."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar

from portal.services.delivery.leases import Lease

# How a row is to be settled after a try. It is called in a unit that may write.
Settle: TypeAlias = partial[Any]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed row, with the id of the request that scheduled it."""

    lease: Lease
    request_id: str | None = None


Item = TypeVar("Item", bound=Claimed)
Message = TypeVar("Message")


class DeliveryHandler(Protocol[Item, Message]):
    """Delivers one kind of leased rows.

    `name` is for the log, `model` the table. A send ends or renews the lease within `longest`
    seconds. If `at_once` is above one, `send` is called in threads and must not use the database.
    """

    name: str
    model: Any
    longest: float
    at_once: int

    def claim(self) -> Item | None:
        """Take the lease on the next row, in a write transaction; None when nothing is due."""

    def compose(self, item: Item) -> Message | Settle:
        """Compose the message, in a transaction of its own.

        Or return how to settle the row instead.
        """

    def send(self, item: Item, message: Message, within: float) -> Settle:
        """Send the message within so many seconds; return how to settle the row.

        No transaction is open.
        """

    def postpone(self, lease: Lease, error: Exception) -> object:
        """Schedule another try after an error of ours or of the database."""


AnyHandler: TypeAlias = DeliveryHandler[Any, Any]
