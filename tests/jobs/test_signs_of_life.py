"""Each part of a sweep shows a sign of life of its own, and one that fails is seen."""

from datetime import timedelta

import pytest
from flask import Flask

from jobs import webhooks
from jobs.parts.registry import PARTS, Sweep
from jobs.sweep import sweep as sweep_on_time
from portal import clock
from portal.models.operations import HeartbeatName
from portal.queries.operations import background
from portal.services.operations import heartbeats
from portal.web.operations import health
from tests.factories import writing
from tests.page import Visitor
from tests.sweeping import sweep

SEALING = "sweep:seal_actions"
QUIET = timedelta(minutes=6)


def go_round(app: Flask) -> None:
    with app.app_context():
        sweep()
        webhooks.sweep()


def late(app: Flask) -> list[str]:
    with app.app_context():
        return [lag.name for lag in background.excessive_lags()]


def test_after_a_sweep_every_part_has_been_seen(app: Flask) -> None:
    go_round(app)
    with app.app_context():
        seen = {lag.name for lag in background.lags()}
        assert set(PARTS) <= seen
    assert late(app) == []


# Each two parts are parted by one of these: where one of them fails and the other does not.
FAILING = [
    {name for number, name in enumerate(PARTS) if number >> bit & 1}
    for bit in range(len(PARTS).bit_length())
]


@pytest.mark.parametrize("names", [*FAILING, set(PARTS)], ids=len)
def test_parts_that_fail_for_minutes_are_late_and_no_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch, names: set[str]
) -> None:
    for name in names:
        break_part(monkeypatch, name)
    go_round(app)
    assert late(app) == [], "known since now"
    assert errors(app) == dict.fromkeys(names, "ZeroDivisionError")
    with clock.at(clock.now() + QUIET):
        go_round(app)
        assert set(late(app)) == names


def break_part(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def broken() -> None:
        raise ZeroDivisionError("ann@example.com")

    monkeypatch.setitem(PARTS, name, PARTS[name]._replace(do=broken))


def errors(app: Flask) -> dict[str, str]:
    with app.app_context():
        return {run.name: run.error for run in background.runs() if run.error}


def test_what_may_wait_is_late_too_when_it_is_never_gone_through(app: Flask) -> None:
    with app.app_context():
        sweep_on_time()
    with clock.at(clock.now() + QUIET):
        assert {name for name, part in PARTS.items() if part.sweep is Sweep.LATER} <= set(late(app))


def test_an_error_is_over_when_the_part_goes_well(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        break_part(patch, SEALING)
        go_round(app)
    assert errors(app) == {SEALING: "ZeroDivisionError"}
    go_round(app)
    assert errors(app) == {}


def test_no_sweeps_at_all_are_seen(app: Flask) -> None:
    go_round(app)
    with clock.at(clock.now() + QUIET):
        assert {"sweep", "webhooks"} <= set(late(app))


def test_a_part_that_is_no_more_is_forgotten(app: Flask) -> None:
    with writing(app):
        heartbeats.beat(HeartbeatName.SWEEP.part("gone"), HeartbeatName.WEBHOOKS.part("gone"))
    go_round(app)
    with clock.at(clock.now() + QUIET), app.app_context():
        assert not [lag for lag in background.lags() if "gone" in lag.name]


def test_metrics_tell_of_the_last_run_of_each_part(
    app: Flask, client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_part(monkeypatch, SEALING)
    go_round(app)
    text = client.get("/metrics").text
    for name in PARTS:
        error = "ZeroDivisionError" if name == SEALING else ""
        failed = f'lodge_background_run_failed{{error="{error}",part="{name}"}}'
        assert f"{failed} {float(name == SEALING)}" in text
        for figure in ("age_seconds", "seconds"):
            assert f'lodge_background_run_{figure}{{part="{name}"}}' in text
    assert "ann@example.com" not in text


def test_ready_and_metrics_say_so(app: Flask, client: Visitor) -> None:
    go_round(app)
    with app.app_context():
        assert health.CHECKS["background"]() == "ok"
    assert 'lodge_background_age_seconds{part="sweep:seal_actions"}' in client.get("/metrics").text
    with clock.at(clock.now() + QUIET), app.app_context():
        assert health.CHECKS["background"]() == "degraded"
