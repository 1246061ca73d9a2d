"""The only place that reads the clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_pretended: ContextVar[datetime | None] = ContextVar("pretended", default=None)


def now() -> datetime:
    """The current time, aware, in UTC; inside `at`, the time given there."""
    return _pretended.get() or datetime.now(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Make `now` return `moment` inside the block: to write history after the fact."""
    token = _pretended.set(moment)
    try:
        yield
    finally:
        _pretended.reset(token)
