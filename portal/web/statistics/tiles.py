"""Tiles: the numbers that say whether it gets better, with their change."""

from typing import NamedTuple

from portal.i18n import gettext as _
from portal.i18n import pgettext
from portal.models.statistics import Measure
from portal.queries.statistics import durations, ticket_lists
from portal.queries.statistics.report import Report
from portal.queries.statistics.tally import Sums, percentile, total
from portal.web.statistics import labels
from portal.web.statistics.figures import HALF, Cell

MOST = 0.9


class Tile(NamedTuple):
    """A number; `change` in per cent, None where there is nothing to compare with.

    `better`: whether more of it is good (True) or bad (False), None for neither.
    """

    label: str
    value: Cell
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


def _counted(report: Report, measure: Measure, label: str, better: bool | None) -> Tile:
    now, before = (total(sums, measure) for sums in (report.tally.sums, report.tally.before))
    query = ticket_lists.happened(report.narrowing, measure, report.period)
    return Tile(label, Cell(str(now), now, query if now else ""), _change(now, before), better)


def _backlog(report: Report) -> Tile:
    now, before = report.tally.backlog, report.tally.backlog_before
    query = ticket_lists.unsolved_at_end(report.narrowing, report.period) if now else ""
    return Tile(_("Unsolved at the end"), Cell(str(now), now, query), _change(now, before), False)


def _timed(report: Report, measure: Measure, label: str) -> Tile:
    """The median, and how long the slowest tenth took."""
    now, before = (
        _seconds(sums, HALF, measure) for sums in (report.tally.sums, report.tally.before)
    )
    query = ticket_lists.happened(report.narrowing, measure, report.period)
    found = Cell(labels.duration(now), now, query if now is not None else "")
    return Tile(label, found, _change(now, before), False, _slowest(report, measure))


def _seconds(sums: Sums, share: float, measure: Measure) -> float | None:
    step = percentile(sums, measure, share)
    return None if step is None else durations.middle(step)


def _slowest(report: Report, measure: Measure) -> tuple[tuple[str, Cell], ...]:
    step = percentile(report.tally.sums, measure, MOST)
    if step is None:
        return ()
    least = durations.least(step)
    query = ticket_lists.slower(report.narrowing, measure, report.period, least)
    seconds = durations.middle(step)
    return ((_("9 of 10 within"), Cell(labels.duration(seconds), seconds, query)),)


def _rated(report: Report) -> Tile:
    sums, before = report.tally.sums, report.tally.before
    good, bad = (total(sums, measure) for measure in (Measure.GOOD, Measure.BAD))
    was, rest = (total(before, measure) for measure in (Measure.GOOD, Measure.BAD))
    share = 100 * good / (good + bad) if good + bad else None
    earlier = 100 * was / (was + rest) if was + rest else None
    more = tuple(
        (
            label,
            Cell(str(number), number, ticket_lists.happened(report.narrowing, m, report.period)),
        )
        for label, m, number in ((_("good"), Measure.GOOD, good), (_("bad"), Measure.BAD, bad))
        if number
    )
    query = more[0][1].query if good else ""
    found = Cell(labels.percent(good, good + bad), share, query)
    return Tile(_("Good ratings"), found, _change(share, earlier), True, more)
