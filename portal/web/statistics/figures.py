"""Figures: the tables of the statistics, from which charts, CSV files and lists are made."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from portal.i18n import gettext as _
from portal.i18n import pgettext
from portal.models.products.product import format_id as format_product
from portal.models.statistics import Dimension, Measure
from portal.models.tickets import Priority, TicketStatus
from portal.queries.organizations import organizations
from portal.queries.people import users
from portal.queries.products import products
from portal.queries.statistics import durations, ticket_lists
from portal.queries.statistics.narrowing import Narrowing
from portal.queries.statistics.period import Period
from portal.queries.statistics.report import Report
from portal.queries.statistics.tally import Sums, Values, ages, percentile, total, values
from portal.web.statistics import labels

# What has an order of its own.
_ORDERS = {
    Dimension.STATUS: [status.value for status in TicketStatus],
    Dimension.PRIORITY: [str(int(priority)) for priority in reversed(Priority)],
}
# Of what has many values, those with most tickets.
MOST = 12
HALF = 0.5


class Cell(NamedTuple):
    """A number with the query of the queue that lists its tickets; empty for no list."""

    text: str
    number: float | None = None
    query: str = ""


class Row(NamedTuple):
    label: str
    cells: tuple[Cell, ...]


class Figure(NamedTuple):
    """A table; `name` is that of its file. The first of `columns` is about the labels."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def has_numbers(self) -> bool:
        return any(cell.number for row in self.rows for cell in row.cells)


def count_cell(number: int, query: str) -> Cell:
    return Cell(str(number), number, query if number else "")


def over_time(report: Report) -> Figure:
    """Filed and solved by day, week or month."""
    period, step = report.period, report.period.step

    def row(part: Period) -> Row:
        cells = (_happened(report, measure, part) for measure in (Measure.FILED, Measure.SOLVED))
        return Row(labels.column(part, step), tuple(cells))

    rows = tuple(map(row, period.parts(step)))
    columns = (
        _("Day"),
        pgettext("number of tickets", "Filed"),
        pgettext("number of tickets", "Solved"),
    )
    return Figure("days", _("Filed and solved"), columns, rows)


def _happened(report: Report, measure: Measure, part: Period) -> Cell:
    days = report.tally.days
    number = sum(days.get((measure, day), 0) for day in part.each_day())
    return count_cell(number, ticket_lists.happened(report.narrowing, measure, part))


def hours(report: Report) -> Figure:
    """Filed by the hour of the day, a row for each day of the week."""
    found = values(report.tally.sums, Measure.FILED, Dimension.HOUR)

    def cell(place: int) -> Cell:
        asked = (report.narrowing, Measure.FILED, report.period, Dimension.HOUR, str(place))
        number = found[str(place)]
        return count_cell(number, ticket_lists.happened(*asked) if number else "")

    rows = tuple(
        Row(labels.weekday(day), tuple(cell(day * 24 + hour) for hour in range(24)))
        for day in range(7)
    )
    return Figure("hours", _("When they write"), (_("Day"), *map(str, range(24))), rows)


def unsolved_ages(report: Report) -> Figure:
    """Unsolved tickets by how long ago they were filed."""
    rows = tuple(
        Row(
            labels.age(place),
            (
                count_cell(
                    number,
                    ticket_lists.happened(report.narrowing, Measure.UNSOLVED, filed),
                ),
            ),
        )
        for place, (filed, number) in enumerate(
            zip(ages(report.today), report.tally.ages, strict=True)
        )
    )
    return Figure(
        "ages",
        _("Age of unsolved tickets"),
        (pgettext("number of tickets", "Filed"), pgettext("number of tickets", "Unsolved")),
        rows,
    )


def breakdown(report: Report, dimension: Dimension) -> Figure:
    """Filed and solved by the values of a column."""
    sums = report.tally.sums
    both = [(m, values(sums, m, dimension)) for m in (Measure.FILED, Measure.SOLVED)]
    order = _ORDERS.get(dimension) or _most(both[0][1], both[1][1])
    named = _labels(dimension, order)
    rows = tuple(
        Row(
            named[value],
            tuple(
                count_cell(
                    found[value],
                    ticket_lists.happened(
                        report.narrowing, measure, report.period, dimension, value
                    ),
                )
                for measure, found in both
            ),
        )
        for value in order
    )
    title = str(labels.DIMENSION_TITLES[dimension])
    return Figure(
        dimension.value,
        title,
        (title, pgettext("number of tickets", "Filed"), pgettext("number of tickets", "Solved")),
        rows,
    )


def _labels(dimension: Dimension, order: Sequence[str]) -> dict[str, str]:
    """What each row is called; a product that is no more, by its number."""
    if dimension is not Dimension.PRODUCT:
        return {value: labels.value_label(dimension, value) for value in order}
    names = products.names({int(value) for value in order})
    return {value: names.get(int(value)) or format_product(int(value)) for value in order}


def _most(filed: Values, solved: Values) -> list[str]:
    """The values of which most were filed."""
    known = filed | solved
    return sorted(known, key=lambda value: (-filed[value], -solved[value], value))[:MOST]


def by_organization(report: Report) -> Figure:
    """Those that have filed most."""
    found = report.tally.organizations
    names = organizations.names(found)
    rows = tuple(
        Row(
            names.get(of, ""),
            (count_cell(n, ticket_lists.of_organization(report.narrowing, report.period, of)),),
        )
        for of, n in found.items()
    )
    title = _("By organization")
    return Figure("organizations", title, (title, pgettext("number of tickets", "Filed")), rows)


def people(report: Report) -> Figure:
    """The workload of each assignee, and how theirs went; those with most on hand first."""
    tally = report.tally
    names = users.names(sorted(tally.people.keys() - {0}))
    order = sorted(tally.people, key=lambda of: (of == 0, -_on_hand(report, of), names.get(of, "")))
    rows = tuple(
        Row(names.get(of, "") if of else _("nobody"), tuple(_person(report, of))) for of in order
    )
    columns = (
        *(
            _("Who"),
            _("On hand"),
            pgettext("age of the oldest ticket", "Oldest"),
            pgettext("number of tickets", "Solved"),
            pgettext("number of tickets", "Reopened"),
        ),
        *(_("First answer"), _("Solution"), _("Good ratings")),
    )
    return Figure("people", _("Workload"), columns, rows)


def _on_hand(report: Report, of: int) -> int:
    known = report.tally.on_hand.get(of)
    return known.tickets if known else 0


def _person(report: Report, of: int) -> Iterator[Cell]:
    narrowing = report.narrowing._replace(assignee_id=of)
    sums = report.tally.people[of]
    on_hand = report.tally.on_hand.get(of)
    here = ticket_lists.on_hand(report.narrowing, of)
    yield count_cell(on_hand.tickets if on_hand else 0, here)
    yield _oldest(report, narrowing, on_hand.oldest if on_hand else None)
    for measure in (Measure.SOLVED, Measure.REOPENED):
        number = total(sums, measure)
        yield count_cell(number, ticket_lists.happened(narrowing, measure, report.period))
    for measure in (Measure.ANSWERED, Measure.SOLVED):
        yield _median(sums, measure, ticket_lists.happened(narrowing, measure, report.period))
    rated = total(sums, Measure.GOOD) + total(sums, Measure.BAD)
    share = labels.percent(total(sums, Measure.GOOD), rated)
    yield Cell(share, None, ticket_lists.rated(narrowing, report.period) if rated else "")


def _oldest(report: Report, narrowing: Narrowing, filed_on: date | None) -> Cell:
    """How old the oldest is; the list has those of its day."""
    if filed_on is None:
        return Cell("–")
    day = Period(filed_on, filed_on)
    query = ticket_lists.happened(narrowing, Measure.UNSOLVED, day)
    return Cell(labels.days_ago(filed_on, report.today), None, query)


def _median(sums: Sums, measure: Measure, query: str) -> Cell:
    """A median, in seconds; the list has all tickets that it is of."""
    step = percentile(sums, measure, HALF)
    if step is None:
        return Cell("–")
    seconds = round(durations.middle(step))
    return Cell(labels.duration(seconds), seconds, query)


BREAKDOWNS = tuple(labels.DIMENSION_TITLES)


def all_figures(report: Report) -> list[Figure]:
    """In the order of the page."""
    return [
        over_time(report),
        hours(report),
        people(report),
        unsolved_ages(report),
        *(breakdown(report, dimension) for dimension in BREAKDOWNS),
        by_organization(report),
    ]
