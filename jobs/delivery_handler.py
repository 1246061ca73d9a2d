"""What a way out has to have, so that `jobs.delivery` can hand over what is owed by it."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar

from portal.services.delivery.leases import Lease

# How a row is to be settled after a try. It is called in a unit that may write.
Settle: TypeAlias = partial[Any]


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is ours for a while, and the request that owed it."""

    lease: Lease
    request_id: str | None = None


Item = TypeVar("Item", bound=Claimed)
Message = TypeVar("Message")


class DeliveryHandler(Protocol[Item, Message]):
    """One way by which things leave.

    `name` is one of them in the log, `model` their rows. A send ends, or renews the lease, within
    `longest` seconds. Where `at_once` is more than one, `send` is called in threads, and there is
    no database for it.
    """

    name: str
    model: Any
    longest: float
    at_once: int

    def claim(self) -> Item | None:
        """What is to be sent next, in a unit that may write."""

    def compose(self, item: Item) -> Message | Settle:
        """What is to leave, read in a unit of its own; or what becomes of the row instead."""

    def send(self, item: Item, message: Message, within: float) -> Settle:
        """Hand it over within so many seconds; what becomes of the row. No transaction is open."""

    def postpone(self, lease: Lease, error: Exception) -> object:
        """For a fault of ours, or of the database: let it be tried again later."""


AnyHandler: TypeAlias = DeliveryHandler[Any, Any]
