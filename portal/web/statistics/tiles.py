"""Tiles: the numbers that say whether it gets better, with their change."""

from collections.abc import Callable
from typing import NamedTuple

from portal.i18n import gettext as _
from portal.i18n import pgettext
from portal.models.statistics import Measure
from portal.queries.statistics import durations, ticket_lists
from portal.queries.statistics.period import Period
from portal.queries.statistics.report import Report
from portal.queries.statistics.tally import Sums, percentile, total
from portal.web.statistics import labels
from portal.web.statistics.figures import HALF, Cell, count_cell

MOST = 0.9


class Tile(NamedTuple):
    """A number and that of the period `before`.

    `change` is in per cent, None where there is nothing to compare with. `better`: whether more of
    it is good (True) or bad (False), None for neither.
    """

    label: str
    value: Cell
    before: Cell
    change: int | None
    better: bool | None
    more: tuple[tuple[str, Cell], ...] = ()


def tiles(report: Report) -> list[Tile]:
    return [
        _counted(report, Measure.FILED, pgettext("number of tickets", "Filed"), None),
        _counted(report, Measure.SOLVED, pgettext("number of tickets", "Solved"), better=True),
        _backlog(report),
        _counted(report, Measure.REOPENED, pgettext("number of tickets", "Reopened"), better=False),
        _timed(report, Measure.ANSWERED, _("First answer")),
        _timed(report, Measure.SOLVED, _("Solution")),
        _rated(report),
    ]


def _change(now: float | None, before: float | None) -> int | None:
    return round(100 * (now - before) / before) if before and now is not None else None


def _both(report: Report, cell: Callable[[Sums, Period], Cell]) -> tuple[Cell, Cell]:
    """Of the period, and of the one before."""
    now, before = report.period, report.period.before
    return cell(report.tally.sums, now), cell(report.tally.before, before)


def _counted(report: Report, measure: Measure, label: str, better: bool | None) -> Tile:
    def cell(sums: Sums, period: Period) -> Cell:
        number = total(sums, measure)
        return count_cell(number, ticket_lists.happened(report.narrowing, measure, period))

    now, before = _both(report, cell)
    return Tile(label, now, before, _change(now.number, before.number), better)


def _backlog(report: Report) -> Tile:
    now, before = (
        count_cell(number, ticket_lists.unsolved_at_end(report.narrowing, period))
        for number, period in (
            (report.tally.backlog, report.period),
            (report.tally.backlog_before, report.period.before),
        )
    )
    change = _change(now.number, before.number)
    return Tile(_("Unsolved at the end"), now, before, change, better=False)


def _timed(report: Report, measure: Measure, label: str) -> Tile:
    """The median, and how long the slowest tenth took."""

    def cell(sums: Sums, period: Period) -> Cell:
        step = percentile(sums, measure, HALF)
        if step is None:
            return Cell(labels.duration(None))
        seconds = durations.middle(step)
        query = ticket_lists.happened(report.narrowing, measure, period)
        return Cell(labels.duration(seconds), seconds, query)

    now, before = _both(report, cell)
    change = _change(now.number, before.number)
    return Tile(label, now, before, change, False, _slowest(report, measure))


def _slowest(report: Report, measure: Measure) -> tuple[tuple[str, Cell], ...]:
    step = percentile(report.tally.sums, measure, MOST)
    if step is None:
        return ()
    least = durations.least(step)
    query = ticket_lists.slower(report.narrowing, measure, report.period, least)
    seconds = durations.middle(step)
    return ((_("9 of 10 within"), Cell(labels.duration(seconds), seconds, query)),)


def _rated(report: Report) -> Tile:
    """The share of good ones; on a page with how many there were of each."""

    def share(sums: Sums, period: Period) -> Cell:
        good, bad = (total(sums, measure) for measure in (Measure.GOOD, Measure.BAD))
        query = ticket_lists.happened(report.narrowing, Measure.GOOD, period) if good else ""
        of_all = 100 * good / (good + bad) if good + bad else None
        return Cell(labels.percent(good, good + bad), of_all, query)

    now, before = _both(report, share)
    more = tuple(
        (label, count_cell(number, ticket_lists.happened(report.narrowing, m, report.period)))
        for label, m in ((_("good"), Measure.GOOD), (_("bad"), Measure.BAD))
        if (number := total(report.tally.sums, m))
    )
    return Tile(_("Good ratings"), now, before, _change(now.number, before.number), True, more)
