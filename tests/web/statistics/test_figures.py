"""Each number of the statistics is the length of the list behind it."""

from collections.abc import Iterator
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.ctx import AppContext

from portal import clock
from portal.extensions import begin_write, db
from portal.models.statistics import Dimension, Measure
from portal.models.tickets import Channel
from portal.queries.statistics import durations, report
from portal.queries.statistics.narrowing import EVERYTHING, Narrowing
from portal.queries.statistics.period import Period
from portal.queries.statistics.tally import Sums, total
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.services.statistics import counting
from portal.web.statistics import figures, tiles
from tests import statistics_world as world
from tests.cast import Cast, make_cast
from tests.databases import BOTH, unchanged

pytestmark = BOTH
PERIODS = [world.PERIOD, Period(world.FIRST, world.LAST), Period(world.LAST, world.LAST)]
NARROWINGS = [
    EVERYTHING,
    Narrowing(department="Техника"),
    Narrowing(department=""),
    Narrowing(assignee_id=4),
    Narrowing(assignee_id=0, channel=Channel.API.value),
    Narrowing(organization_id=1),
]


@pytest.fixture(scope="module")
def cast(shared_app: Flask) -> Iterator[Cast]:
    made = make_cast(shared_app)
    shared_app.config["DESK_TIMEZONE"] = world.ZONE.key
    with clock.at(world.NOW), shared_app.app_context():
        begin_write()
        world.fill(made, 150)
        more = True
        while more:
            more = counting.count_some()
            db.session.commit()
            begin_write()
        db.session.rollback()
    with unchanged(shared_app):
        yield made
    shared_app.config["DESK_TIMEZONE"] = "UTC"


@pytest.fixture
def context(shared_app: Flask, cast: Cast) -> Iterator[AppContext]:
    with shared_app.app_context() as held, clock.at(world.NOW):
        yield held


def listed(cast: Cast, query: str) -> int:
    wanted = TicketFilter.from_args(dict(parse_qsl(query)))
    return ticket_list.count(cast.ada, wanted, limit=1000)


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("narrowing", NARROWINGS)
def test_every_number_of_every_figure_is_the_length_of_its_list(cast: Cast, narrowing: Narrowing):
    found = report.find(world.PERIOD, narrowing)
    counted = 0
    for figure in figures.all_figures(found):
        for row in figure.rows:
            for cell in _counts(figure, row):
                if cell.query:
                    assert listed(cast, cell.query) == cell.number, (figure.name, row.label)
                    counted += 1
    assert counted > 30


def _counts(figure: figures.Figure, row: figures.Row) -> list[figures.Cell]:
    """Cells that are numbers of tickets: of people there are ages, medians and shares beside."""
    if figure.name != "people":
        return list(row.cells)
    on_hand, _oldest, solved, reopened, *_medians = row.cells
    return [on_hand, solved, reopened]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("narrowing", NARROWINGS)
def test_what_is_told_of_a_person_leads_to_the_tickets_it_is_of(cast: Cast, narrowing: Narrowing):
    told = report.find(world.PERIOD, narrowing)
    for row, sums in zip(figures.people(told).rows, _in_order(told), strict=True):
        on_hand, oldest, _solved, _reopened, answer, solution, good = row.cells
        if oldest.query:
            assert 1 <= listed(cast, oldest.query) <= (on_hand.number or 0)
        assert bool(oldest.query) is bool(on_hand.number)
        rated = total(sums, Measure.GOOD) + total(sums, Measure.BAD)
        for cell, number in (
            (answer, total(sums, Measure.ANSWERED)),
            (solution, total(sums, Measure.SOLVED)),
            (good, rated),
        ):
            assert (listed(cast, cell.query) if cell.query else 0) == number


def _in_order(told: report.Report) -> list[Sums]:
    """The sums of each assignee, in the order of the figure."""
    names = {"Sam Smith": 4, "Sue Stone": 5, "nobody": 0}
    return [told.tally.people[names[row.label]] for row in figures.people(told).rows]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("narrowing", NARROWINGS)
@pytest.mark.parametrize("period", PERIODS)
def test_every_tile_leads_to_its_tickets(cast: Cast, period: Period, narrowing: Narrowing):
    found = report.find(period, narrowing)
    filed, solved, backlog, reopened, answer, solution, rated = tiles.tiles(found)
    for tile in (filed, solved, backlog, reopened):
        assert tile.value.number == (listed(cast, tile.value.query) if tile.value.query else 0)
    for tile, measure in ((answer, Measure.ANSWERED), (solution, Measure.SOLVED)):
        steps = found.tally.sums.get((measure, Dimension.DURATION), {})
        assert sum(steps.values()) == (listed(cast, tile.value.query) if tile.value.query else 0)
        for _label, cell in tile.more:
            slowest = durations.step(int(cell.number or 0))
            longer = sum(number for step, number in steps.items() if int(step) >= slowest)
            assert listed(cast, cell.query) == longer
    for _label, cell in rated.more:
        assert listed(cast, cell.query) == cell.number


@pytest.mark.usefixtures("context")
def test_kept_numbers_are_those_of_the_facts(cast: Cast):
    """Narrowed to the departments there are, they add up to everybody's."""
    names = ["", "Billing", "Техника", "IT Support"]
    parts = [report.find(world.PERIOD, Narrowing(department=name)).tally for name in names]
    whole = report.find(world.PERIOD).tally
    counted = {key: found for key, found in whole.sums.items() if key[0] is not Measure.UNSOLVED}
    for key, values in counted.items():
        together = sum((part.sums.get(key) or type(values)() for part in parts), type(values)())
        assert together == values, key
    counted = {key: found for key, found in whole.before.items() if key[0] is not Measure.UNSOLVED}
    for key, values in counted.items():
        together = sum((part.before.get(key) or type(values)() for part in parts), type(values)())
        assert together == values, key
    assert sum(part.backlog for part in parts) == whole.backlog
    assert sum(part.backlog_before for part in parts) == whole.backlog_before
    assert tuple(map(sum, zip(*(part.ages for part in parts), strict=True))) == whole.ages


@pytest.mark.usefixtures("context")
def test_two_narrowings_hold_together(cast: Cast):
    one = report.find(world.PERIOD, Narrowing(department="Billing", assignee_id=4))
    filed = tiles.tiles(one)[0].value
    assert 0 < (filed.number or 0) < 20
    assert listed(cast, filed.query) == filed.number
