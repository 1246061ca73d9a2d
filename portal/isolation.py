"""One bad item of a list stops none of the others: what walks a list does each item alone.

What fails is written down with its item. Whether it is tried again, or parked with its reason, is
for the row that it stands in.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from rq.timeouts import BaseTimeoutException

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Name = TypeVar("Name")
Result = TypeVar("Result")


def attempt(what: str, do: Callable[[Item], Result], item: Item) -> Result | None:
    """`do(item)`; None when that fails. `what` is the kind of item, for the log."""
    try:
        return do(item)
    except BaseTimeoutException:
        raise  # it is the time of the whole walk that is over
    except Exception:
        log.exception("%s %s failed", what, item)
        return None


def attempt_each(what: str, do: Callable[[Item], object], items: Iterable[Item]) -> None:
    """`do(item)` for each of `items`, as `attempt`."""
    for item in items:
        attempt(what, do, item)


def attempt_together(
    what: str,
    do: Callable[[list[Item]], object],
    items: Mapping[Name, Item],
    *,
    unless: tuple[type[Exception], ...] = (),
) -> list[Name]:
    """`do` with all of `items`, and with each of them when that fails; answers whose failed then.

    They are named as in the log. `do` changes nothing when it raises. Errors of `unless` say
    nothing about any item, and are raised.
    """
    try:
        do(list(items.values()))
    except Exception as error:
        if isinstance(error, (BaseTimeoutException, *unless)):
            raise
        log.exception("%s %s… failed, so each is done alone", what, next(iter(items)))
        return [
            name for name in items if not attempt(what, lambda one: _do_one(do, items[one]), name)
        ]
    return []


def _do_one(do: Callable[[list[Item]], object], item: Item) -> bool:
    do([item])
    return True
