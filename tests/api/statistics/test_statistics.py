"""`/admin/statistics`: the numbers of the page for programs."""

from datetime import timedelta

import pytest
from flask import Flask

from portal import clock
from portal.extensions import begin_write, db
from portal.models.tickets import Rating
from portal.services.statistics import counting
from tests import factories
from tests.api.conftest import Call
from tests.cast import Cast

URL = "/admin/statistics"


def count(app: Flask) -> None:
    with app.app_context():
        begin_write()
        counting.count_some()
        db.session.commit()


def test_numbers_are_those_of_the_days_asked_for(app: Flask, call: Call, cast: Cast):
    with clock.at(clock.now() - timedelta(days=40)):
        factories.file_ticket(app, cast.bob, department="IT")
    factories.file_ticket(app, cast.carl)
    filed = factories.file_ticket(app, cast.ann, department="IT")
    factories.post_comment(app, cast.sam, filed)
    factories.rate_ticket(app, cast.ann, filed, Rating.GOOD)
    count(app)
    reply = call(cast.ada).get(URL).json
    totals = reply["totals"]
    assert (totals["filed"]["tickets"], totals["filed"]["before"]) == (2, 1)
    assert (totals["solved"]["tickets"], totals["good"]["tickets"]) == (1, 1)
    assert (totals["unsolved"]["tickets"], totals["unsolved"]["before"]) == (2, 1)
    assert totals["first_answer"]["tickets"] == 1
    assert sum(column["filed"] for column in reply["columns"]) == 2
    assert sum(hour["filed"] for hour in reply["hours"]) == 2
    assert [age["unsolved"] for age in reply["ages"]] == [1, 0, 0, 0, 1, 0]
    departments = {row["value"]: row["filed"] for row in reply["breakdowns"]["department"]}
    assert departments == {"IT": 1, "": 1}
    assert [row["organization"]["name"] for row in reply["organizations"]] == ["Acme", "Carl"]
    listed = call(cast.ada).get(f"/tickets?{totals['solved']['query']}").json["items"]
    assert [ticket["number"] for ticket in listed] == [filed.number]


@pytest.mark.parametrize(
    ("query", "filed"),
    [
        ("department=IT", 1),
        ("department=none", 1),
        ("assignee=none", 2),
        ("assignee=me", 0),
        ("organization=ORG000001&channel=page", 1),
    ],
)
def test_numbers_can_be_narrowed(app: Flask, call: Call, cast: Cast, query: str, filed: int):
    factories.file_ticket(app, cast.carl)
    factories.file_ticket(app, cast.ann, department="IT")
    count(app)
    assert call(cast.ada).get(f"{URL}?{query}").json["totals"]["filed"]["tickets"] == filed


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("from=2026-02-01&to=2026-01-01", "to", "before_from"),
        ("from=2026-02-30", "from", "no_date"),
        ("from=1990-01-01", "from", "too_long_range"),
        ("to=yesterday", "to", "unknown"),
        ("department=Gone", "department", "no_department"),
        ("assignee=USR999999", "assignee", "unknown"),
        ("organization=ORG999999", "organization", "not_an_organization"),
        ("channel=pigeon", "channel", "unknown"),
    ],
)
def test_a_question_that_makes_no_sense_says_where(
    call: Call, cast: Cast, query: str, field: str, code: str
):
    reply = call(cast.ada).get(f"{URL}?{query}", 422)
    assert reply.errors == {field: [code]}
