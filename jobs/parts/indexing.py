"""Makes search documents and names anew after a change of the analysis of texts."""

import time
from functools import partial

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.isolation import attempt_together
from portal.services.tickets import search_rebuild

_SECONDS = 3.0
# Of one transaction: while it lasts, nobody else writes on SQLite.
_TICKETS = 20
_NAMES = 200
_FIRST = 2**62


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def index_tickets() -> bool:
    """Rewrite old documents for a bounded time; whether some are left.

    Until then their tickets are found by the words that the older analysis has found.
    """
    until = time.monotonic() + _SECONDS
    below = _FIRST
    while old := _outdated_tickets(below):
        if time.monotonic() > until:
            return True
        _warm(old)
        attempt_together("search document", _rewrite_documents, {of: of for of in old})
        below = old[-1]
    return False


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def index_names() -> bool:
    """Rewrite the words of old names for a bounded time; whether some are left."""
    until = time.monotonic() + _SECONDS
    for column in search_rebuild.OWNERS:
        last = 0
        while old := _outdated_names(column, last):
            if time.monotonic() > until:
                return True
            rewrite = partial(_rewrite_names, column)
            attempt_together(f"name of {column}", rewrite, {of: of for of in set(old.values())})
            last = max(old)
    return False


def _warm(ids: list[int]) -> None:
    """Find the terms before the transaction: the words are known afterwards."""
    attempt_together("text of ticket", _read, {of: of for of in ids})


@job
def _read(ids: list[int]) -> None:
    search_rebuild.fresh_documents(ids)


@job
def _outdated_tickets(below: int) -> list[int]:
    return search_rebuild.outdated_tickets(below, _TICKETS)


@job
def _rewrite_documents(ids: list[int]) -> None:
    begin_write()
    search_rebuild.rewrite_documents(ids)


@job
def _outdated_names(column: str, after: int) -> dict[int, int]:
    return search_rebuild.outdated_names(column, after, _NAMES)


@job
def _rewrite_names(column: str, ids: list[int]) -> None:
    begin_write()
    search_rebuild.rewrite_names(column, ids)
