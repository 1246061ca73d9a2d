"""How many tickets a filter has, up to one more than MANY: in little time, and not often."""

import time
from collections import OrderedDict
from threading import Lock
from typing import NamedTuple

from portal.errors import DomainError
from portal.models.people import Actor, Sight
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import ME, TicketFilter, View
from portal.queries.time_limit import at_most

# More is "100+".
MANY = 100
# For all counts of one request: the rest is counted by the next.
SECONDS = 0.3
FRESH, KEPT = 20.0, 3600.0
_ENTRIES = 2000

_Key = tuple[int, str]


class Count(NamedTuple):
    """`number` is None where it takes too long to count."""

    number: int | None
    at: float

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.at < FRESH


class CappedCounts:
    """Counts that one process has made of late, for whoever may see the same tickets."""

    def __init__(self) -> None:
        self._counts: OrderedDict[_Key, Count] = OrderedDict()
        self._lock = Lock()

    def known(self, actor: Actor, wanted: TicketFilter) -> Count | None:
        """What was counted, though it may have changed since. Asks nothing."""
        count = self._counts.get(_key(actor, wanted))
        return count if count and time.monotonic() - count.at < KEPT else None

    def refresh(self, actor: Actor, filters: list[TicketFilter]) -> None:
        """Count what is not known, as far as the time allows."""
        end = time.monotonic() + SECONDS
        for wanted in filters:
            known = self.known(actor, wanted)
            left = end - time.monotonic()
            if left <= 0:
                return
            if not (known and known.is_fresh):
                self._keep(_key(actor, wanted), _count(actor, wanted, left))

    def _keep(self, key: _Key, number: int | None) -> None:
        with self._lock:
            self._counts[key] = Count(number, time.monotonic())
            self._counts.move_to_end(key)
            while len(self._counts) > _ENTRIES:
                self._counts.popitem(last=False)


def _count(actor: Actor, wanted: TicketFilter, seconds: float) -> int | None:
    try:
        with at_most(seconds):
            return ticket_list.count(actor, wanted, limit=MANY + 1)
    except DomainError:
        return None


def _key(actor: Actor, wanted: TicketFilter) -> _Key:
    """Who sees all tickets counts for others, too, but for what asks for "me"."""
    mine = wanted.view is View.MINE or ME in {wanted.assignee, wanted.requester} or wanted.q
    is_own = mine or actor.sight is not Sight.ALL
    return (actor.id if is_own else 0), wanted.to_query(saved="")
