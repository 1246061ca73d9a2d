"""Keeps one bad item of a list from stopping the others.

Failures are logged with their item. Whether an item is tried again or parked is decided by its row.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from rq.timeouts import BaseTimeoutException

log = logging.getLogger(__name__)

Item = TypeVar("Item")
Name = TypeVar("Name")
Result = TypeVar("Result")


def attempt(
    what: str,
    do: Callable[[Item], Result],
    item: Item,
    *,
    unless: tuple[type[Exception], ...] = (),
) -> Result | None:
    """Return `do(item)`, or None when it raises; `what` is the kind of item, for the log.

    The time limit of the whole job and errors of types `unless` are raised: they say nothing about
    the item.
    """
    try:
        return do(item)
    except Exception as error:
        if isinstance(error, (BaseTimeoutException, *unless)):
            raise
        log.exception("%s %s failed", what, item)
        return None


def attempt_each(what: str, do: Callable[[Item], object], items: Iterable[Item]) -> None:
    """Call `do` for each item; log those that fail."""
    for item in items:
        attempt(what, do, item)


def attempt_together(
    what: str,
    do: Callable[[list[Item]], object],
    items: Mapping[Name, Item],
    *,
    unless: tuple[type[Exception], ...] = (),
) -> list[Name]:
    """Call `do` with all items; if that fails, with each alone.

    Returns the names of those that failed.

    `do` must change nothing when it raises. Errors of types `unless` are raised: they say nothing
    about an item.
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
