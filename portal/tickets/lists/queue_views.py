"""What the queue shows of saved views: those in the rail, and the one that is open."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from flask import current_app, url_for

from portal.queries.tickets import saved_views
from portal.queries.tickets.lists.capped_counts import MANY, CappedCounts
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.saved_views import SavedViewRow
from portal.security import permissions
from portal.tickets.lists.chips import chips
from portal.web.people.sessions import actor


class RailEntry(NamedTuple):
    """`total` is a text, empty while nothing was counted."""

    id: int
    name: str
    url: str
    shared: bool
    key: int | None
    current: bool
    total: str


class OpenView(NamedTuple):
    """`query` is the filter on the page, which may have `changed`; `gone` are chips."""

    row: SavedViewRow
    changed: bool
    may_change: bool
    gone: list[Any]
    unknown: tuple[tuple[str, str], ...]
    mended_url: str


class QueueViews:
    """The reader's views. `args` is what the page is asked for, a saved view spelled out."""

    def __init__(self, args: Mapping[str, str]) -> None:
        self.rows = saved_views.visible(actor())
        asked = args.get("saved", "")
        self.row = next((row for row in self.rows if str(row.id) == asked), None)
        self.digits, self.free_digits = saved_views.digits(self.rows)
        self.is_missing = bool(asked) and self.row is None
        # Filters beside it are what it was changed to.
        alone = {name for name, value in args.items() if value} <= {"saved", "cursor"}
        if self.row and alone:
            spelled = self.row.filter.to_query(cursor=args.get("cursor", ""))
            self.args: Mapping[str, str] = dict(parse_qsl(spelled))
        else:
            self.args = {k: v for k, v in args.items() if self.row or k != "saved"}

    def context(self, wanted: TicketFilter, staff: Mapping[int, str]) -> dict[str, Any]:
        """Values for `_saved_views.html` and `_view_state.html`."""
        entries, are_fresh = self.rail()
        return {
            "saved_views": entries,
            "counts_url": "" if are_fresh else url_for(".view_counts", saved=wanted.saved or None),
            "saved": _opened(self.row, wanted, staff) if self.row else None,
            "saved_is_missing": self.is_missing,
            "to_save": _worth_saving(wanted),
        }

    def rail(self) -> tuple[tuple[RailEntry, ...], bool]:
        """Entries with the counts that are known, and whether those are fresh."""
        counts, here = capped_counts(), url_for(".queue")
        found = [counts.known(actor(), row.filter) for row in self.rows]
        entries = tuple(
            RailEntry(
                row.id,
                row.name,
                f"{here}?saved={row.id}",
                row.shared,
                row.key if self.digits.get(row.key or 0) == row.id else None,
                row is self.row,
                _count_text(count.number if count else None),
            )
            for row, count in zip(self.rows, found, strict=True)
        )
        return entries, all(count and count.is_fresh for count in found)


def _opened(row: SavedViewRow, wanted: TicketFilter, staff: Mapping[int, str]) -> OpenView:
    gone = saved_views.gone(wanted, staff)
    mended = wanted.to_query(**dict.fromkeys(gone, ""))
    return OpenView(
        row,
        not _asks_the_same(wanted, row.filter) or bool(row.unknown),
        permissions.can_change_view(actor(), row),
        [chip for chip in chips(wanted, staff) if chip.name in gone] if gone else [],
        row.unknown,
        f"{url_for('.queue')}?{mended}" if gone else "",
    )


def _asks_the_same(one: TicketFilter, other: TicketFilter) -> bool:
    return one == other or one.to_query() == other.to_query()


def capped_counts() -> CappedCounts:
    """One for each application, which has a database of its own."""
    counts: CappedCounts = current_app.extensions.setdefault("lodge.view_counts", CappedCounts())
    return counts


def _count_text(number: int | None) -> str:
    if number is None:
        return ""
    return f"{MANY}+" if number > MANY else str(number)


def _worth_saving(wanted: TicketFilter) -> str:
    """The filter as a view keeps it; empty where it is one of the views that there are."""
    plain = TicketFilter(view=wanted.view, sort=wanted.view.sort).to_query()
    query = wanted.to_query(saved="")
    return "" if query == plain else query
