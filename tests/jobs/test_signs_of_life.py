"""Each part of a sweep shows a sign of life of its own, and one that fails is seen."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from jobs import sweep, webhooks
from portal import clock
from portal.models.operations import Pulse
from portal.queries.operations import background
from portal.services.operations import heartbeats
from portal.web.operations import health
from tests.factories import writing
from tests.page import Visitor

Part = Callable[[], None]
PARTS = [(sweep, "_PARTS", part) for part in sweep._PARTS]
PARTS += [(webhooks, "PARTS", part) for part in webhooks.PARTS]
PULSES = {sweep: Pulse.SWEEP, webhooks: Pulse.WEBHOOKS}
QUIET = timedelta(minutes=6)


def go_round(app: Flask) -> None:
    with app.app_context():
        sweep.sweep()
        webhooks.sweep()


def late(app: Flask) -> list[str]:
    with app.app_context():
        return [sign.of for sign in background.late()]


def test_after_a_sweep_every_part_has_been_seen(app: Flask) -> None:
    go_round(app)
    with app.app_context():
        seen = {sign.of for sign in background.signs()}
        assert {PULSES[of].part(part.__name__) for of, _, part in PARTS} <= seen
    assert late(app) == []


@pytest.mark.parametrize(
    ("module", "name", "part"), PARTS, ids=[part.__name__ for _, _, part in PARTS]
)
def test_a_part_that_fails_for_minutes_is_late_and_no_other(
    app: Flask, monkeypatch: pytest.MonkeyPatch, module: object, name: str, part: Part
) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    broken.__name__ = part.__name__
    parts = tuple(broken if one is part else one for one in getattr(module, name))
    monkeypatch.setattr(module, name, parts)
    go_round(app)
    assert late(app) == [], "known since now"
    with clock.at(clock.now() + QUIET):
        go_round(app)
        assert late(app) == [PULSES[module].part(part.__name__)]  # type: ignore[index]


def test_no_sweeps_at_all_are_seen(app: Flask) -> None:
    go_round(app)
    with clock.at(clock.now() + QUIET):
        assert {"sweep", "webhooks"} <= set(late(app))


def test_a_part_that_is_no_more_is_forgotten(app: Flask) -> None:
    with writing(app):
        heartbeats.beat(Pulse.SWEEP.part("gone"), Pulse.WEBHOOKS.part("gone"))
    go_round(app)
    with clock.at(clock.now() + QUIET), app.app_context():
        assert not [sign for sign in background.signs() if "gone" in sign.of]


def test_ready_and_metrics_say_so(app: Flask, client: Visitor) -> None:
    go_round(app)
    with app.app_context():
        assert health.CHECKS["background"]() == "ok"
    assert 'lodge_background_age_seconds{part="sweep:seal_actions"}' in client.get("/metrics").text
    with clock.at(clock.now() + QUIET), app.app_context():
        assert health.CHECKS["background"]() == "degraded"
