"""What the page of the statistics shows, as a key of the cache of fragments."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from portal.models.statistics import Measure
from portal.queries.statistics import ticket_lists
from portal.queries.statistics.period import Step
from portal.queries.statistics.report import Report
from portal.web.statistics import figures, labels, tiles
from portal.web.statistics.figures import Cell, Figure
from portal.web.statistics.tiles import Tile

# And nobody, who stands last.
_PRINTED_PEOPLE = 20


class Busiest(NamedTuple):
    label: str
    cell: Cell


@dataclass(frozen=True)
class Shown:
    """Two are equal that show the same: a report is not compared, but what decides about it.

    `query` is the page's own, without its question mark.
    """

    key: tuple[object, ...]
    query: str
    report: Report = field(compare=False)

    @classmethod
    def of(cls, report: Report, query: str) -> "Shown":
        key = (report.period, report.narrowing, report.today, report.progress.stamp)
        return cls(key, query, report)

    @cached_property
    def tiles(self) -> list[Tile]:
        return tiles.tiles(self.report)

    @cached_property
    def figures(self) -> dict[str, Figure]:
        return {figure.name: figure for figure in figures.all_figures(self.report)}

    @property
    def breakdowns(self) -> list[Figure]:
        """Those with more than one row: what all tickets have in common says nothing."""
        names = [*(dimension.value for dimension in figures.BREAKDOWNS), "organizations"]
        found = (self.figures[name] for name in names)
        return [one for one in found if len(one.rows) > 1 and one.has_numbers]

    @property
    def unprinted_people(self) -> int:
        """How many are left out on paper: the page is one sheet (`statistics.css`)."""
        return max(0, len(self.figures["people"].rows) - _PRINTED_PEOPLE - 1)

    @property
    def is_empty(self) -> bool:
        return not any(self.report.tally.days.values())

    @property
    def span(self) -> str:
        return labels.span(self.report.period)

    @property
    def before(self) -> str:
        return labels.span(self.report.period.before)

    @property
    def busiest(self) -> Busiest | None:
        """The day on which most were filed, of several days the last."""
        days = self.report.tally.days
        filed = {day: n for (measure, day), n in days.items() if measure is Measure.FILED and n}
        if not filed or self.report.period.step is not Step.DAY:
            return None
        day = max(filed, key=lambda one: (filed[one], one))
        query = ticket_lists.happened(
            self.report.narrowing, Measure.FILED, self.report.period._replace(first=day, last=day)
        )
        return Busiest(labels.day(day), Cell(str(filed[day]), filed[day], query))
