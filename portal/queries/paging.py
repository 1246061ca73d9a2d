"""Keyset pagination: a cursor holds the last row's sort key, so every page costs the same."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Select

from portal.errors import Invalid
from portal.extensions import db

T = TypeVar("T")
# Rows and statements with columns that the type checker does not know.
AnyRow: TypeAlias = Any
AnySelect: TypeAlias = Select[*tuple[Any, ...]]
_LARGEST = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Page(NamedTuple, Generic[T]):
    """`next` is the cursor of the following page, None on the last.

    `is_cut`: more rows match than are listed on all pages.
    """

    rows: Sequence[T]
    next: str | None
    is_cut: bool = False


def make_page(rows: Sequence[T], size: int, cursor: Callable[[T], str]) -> Page[T]:
    """A page of `size` from rows that were queried with `limit(size + 1)`."""
    if len(rows) <= size:
        return Page(rows, None)
    return Page(rows[:size], cursor(rows[size - 1]))


def newest_page(
    query: AnySelect,
    key: Any,
    *,
    before: int | None,
    size: int,
    execute: Callable[[AnySelect], Iterable[AnyRow]] | None = None,
) -> Page[AnyRow]:
    """A page of the rows with the highest ids, below `before` if there is one.

    `key` is the column of the `id` that the rows have. `execute` is the session's without another.
    """
    query = query.order_by(key.desc()).limit(size + 1)
    if before is not None:
        query = query.where(key < before)
    rows = (execute or db.session.execute)(query)
    return make_page(list(rows), size, lambda row: str(row.id))


def parse_id_cursor(cursor: str | None) -> int | None:
    """The id where the last page ended; None for the first page. Raises Invalid."""
    return parse_cursor(cursor, 1)[0] if cursor else None


def parse_cursor(text: str, numbers: int) -> tuple[int, ...]:
    """The `numbers` integers of a cursor. Raises Invalid."""
    parts = text.split(".")
    if len(parts) != numbers or not all(p.isascii() and p.isdigit() and len(p) < 20 for p in parts):
        raise Invalid(cursor="unknown")
    values = tuple(int(part) for part in parts)
    if max(values) > _LARGEST:
        raise Invalid(cursor="unknown")
    return values


def moment_to_number(moment: datetime) -> int:
    """`moment` as an integer for a cursor, in microseconds."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def number_to_moment(number: int) -> datetime:
    """The moment of a cursor's integer. Raises Invalid for one out of range."""
    try:
        return _EPOCH + timedelta(microseconds=number)
    except OverflowError:
        raise Invalid(cursor="unknown") from None
