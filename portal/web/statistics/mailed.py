"""Words of a report by mail, in its reader's language."""

from collections.abc import Mapping
from typing import NamedTuple

from portal.queries.statistics.report import Report
from portal.web.statistics import labels, tiles
from portal.web.statistics.tiles import Tile


class ReportWords(NamedTuple):
    """Which days, those that they are compared with, of which tickets, and the numbers."""

    span: str
    before: str
    narrowed: str
    tiles: list[Tile]


def words(report: Report, names: Mapping[str, str]) -> ReportWords:
    """`names` are those of what the report is narrowed to (`narrowing_names`)."""
    return ReportWords(
        labels.span(report.period),
        labels.span(report.period.before),
        labels.narrowed(names),
        tiles.tiles(report),
    )
