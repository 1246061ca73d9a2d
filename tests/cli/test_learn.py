"""`flask learn`."""

import pytest
from flask import Flask

from portal.cli.learn import learn
from tests import assistance_world as world
from tests import factories
from tests.cast import Cast


def test_it_learns_all_solved_tickets_and_measures(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", ["type"])
    with factories.writing(app):
        world.fill(cast.ann, 30)
    for _time in range(2):
        result = app.test_cli_runner().invoke(learn)
        assert result.exit_code == 0, result.output
        assert result.output.splitlines()[-1] == "30 tickets are learned"


def test_switched_off_it_says_so_in_one_line(app: Flask):
    result = app.test_cli_runner().invoke(learn)
    assert result.exit_code == 1
    assert "ASSISTANCE_SUGGESTIONS" in result.output and "Traceback" not in result.output
