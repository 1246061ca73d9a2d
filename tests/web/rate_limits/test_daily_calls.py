"""API calls of a day: those of all members together, refused beyond the plan until midnight."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from portal.extensions import db
from portal.models.organizations import Organization, Plan, PlanName
from portal.web.rate_limits.daily_calls import DailyCalls, calls_today
from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.cast import Cast
from tests.conftest import MakeApp

# Half past ten in the evening in Berlin.
EVENING = datetime(2026, 3, 28, 21, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that knows no limits of other tests."""
    monkeypatch.setitem(app.extensions, "lodge.daily_calls", DailyCalls())


def allow(app: Flask, cast: Cast, calls: int | None) -> None:
    with factories.writing(app):
        db.session.merge(Plan(name=PlanName.FREE, calls_a_day=calls))
        db.session.get_one(Organization, cast.ann.organization_id).plan = PlanName.FREE


def daily(app: Flask) -> DailyCalls:
    found: DailyCalls = app.extensions["lodge.daily_calls"]
    return found


def call(app: Flask, key: str, status: int = 200) -> ApiClient:
    return ApiClient(app, key).get("/users/me", status)  # type: ignore[return-value]


def test_members_share_the_calls_of_a_day_which_begins_at_the_desks_midnight(
    another_app: MakeApp, cast: Cast
) -> None:
    app = another_app(DESK_TIMEZONE="Europe/Berlin")
    allow(app, cast, 2)
    with time_machine.travel(EVENING, tick=False):
        ann, bob = key_of(app, cast.ann), key_of(app, cast.bob)
        call(app, ann)
        call(app, bob)
        refused = ApiClient(app, ann).get("/users/me", 429)
        assert refused.code == "calls_used_up"
        assert "used up" in refused.json["detail"]
        # The night in which the clocks change.
        assert refused.headers["Retry-After"] == str(90 * 60)
        call(app, key_of(app, cast.sam))
        with app.app_context():
            assert calls_today(cast.ann.organization_id) == 3
            assert calls_today(cast.sam.organization_id) == 0
    with time_machine.travel(EVENING.replace(hour=23), tick=False):
        call(app, bob)


def test_without_a_limit_calls_are_counted_and_none_is_refused(app: Flask, cast: Cast) -> None:
    allow(app, cast, None)
    key = key_of(app, cast.bob)
    for _ in range(2):
        call(app, key)
    # The rights of a change are asked twice.
    ApiClient(app, key).patch("/users/me", {"first_name": "Bob"})
    with app.app_context():
        assert calls_today(cast.bob.organization_id) == 3


def test_while_the_queue_server_is_away_a_process_counts_on_and_hands_it_in(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    allow(app, cast, 3)
    key, counts = key_of(app, cast.bob), daily(app)
    call(app, key)

    def away(*_args: object, **_more: object) -> int:
        raise ConnectionError

    with monkeypatch.context() as broken:
        for name in ("incr", "get"):
            broken.setattr(f"portal.web.rate_limits.daily_calls.limiter.storage.{name}", away)
        call(app, key)
        call(app, key)
        assert ApiClient(app, key).get("/users/me", 429).code == "calls_used_up"
    monkeypatch.setattr(counts, "_away_until", 0.0)
    with app.app_context():
        assert calls_today(cast.bob.organization_id) == 4
    # Another process knows them now.
    monkeypatch.setitem(app.extensions, "lodge.daily_calls", DailyCalls())
    with app.app_context():
        assert calls_today(cast.bob.organization_id) == 4


def test_a_process_that_never_heard_of_the_queue_server_holds_the_limit_by_itself(
    another_app: MakeApp, tmp_path: Path, cast: Cast
) -> None:
    app = another_app(REDIS_URL=f"unix://{tmp_path}/none.sock?db=0")
    allow(app, cast, 1)
    key = key_of(app, cast.bob)
    call(app, key)
    call(app, key, 429)
