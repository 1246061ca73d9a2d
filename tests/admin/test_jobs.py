"""`/admin/jobs`: how late background work is, and how the last runs ended."""

from datetime import timedelta

from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.operations import Heartbeat
from tests import factories
from tests.cast import Cast
from tests.page import Visitor


def test_a_part_that_failed_is_named_with_its_error(client: Visitor, app: Flask, cast: Cast):
    began = clock.now() - timedelta(seconds=90)
    with factories.writing(app):
        for name, error in (("sweep:seal_actions", None), ("sweep:forget_due", "OSError")):
            db.session.add(
                Heartbeat(name=name, beat_at=began, began_at=began, seconds=0.25, error=error)
            )
    page = client.sign_in(cast.ada).get("/admin/jobs")
    rows = [[cell.text for cell in row.all("td")] for row in page.one("tbody").all("tr")]
    assert [row[1:] for row in rows] == [["250 ms", "OSError"], ["250 ms", "went well"]]
    assert all(row[0].endswith(" s ago") for row in rows)
    assert "never ran" in page.one("section", id="lags").text  # the sweep itself


def test_a_desk_that_has_just_begun_says_that_nothing_ran(client: Visitor, cast: Cast):
    assert "No task of the sweeps has run yet." in client.sign_in(cast.ada).get("/admin/jobs").words
