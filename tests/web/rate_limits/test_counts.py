"""How tries are counted: in the queue server, in memory while that is away, under no address."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
import time_machine
from flask import Flask

from portal.extensions import limiter
from portal.web.rate_limits.counts import Attempt, Count, CountedBy, hashed_key
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.limit_callers import GUESS, Caller, World
from tests.limit_cases import LIMIT_CASES
from tests.page import Visitor
from tests.totp import set_up
from tests.waiting import PATIENCE

TRIES = 6
# A digest, what is counted, and how many in which time; or a day and an organization.
KEY = re.compile(
    r"LIMITS:(\{LIMITER/[0-9a-f]{32}/[a-z_.:-]+/[0-9]+/[0-9]+/[a-z]+\}|calls:[0-9-]{10}:[0-9]+)"
)
ANN, BOB = "ann@example.com", "bob@example.com"


@pytest.fixture
def uncounted(another_app: MakeApp, tmp_path: Path, cast: Cast) -> Callable[[str], Caller]:
    """Makes visitors of an application whose queue server is not there."""
    app = another_app(REDIS_URL=f"unix://{tmp_path}/none.sock?db=0")
    return lambda address: Caller(app, address)


def test_people_who_come_at_once_when_it_goes_away_get_their_page(
    uncounted: Callable[[str], Caller],
) -> None:
    at_once = Barrier(TRIES)
    first = uncounted("192.0.2.1").visitor
    token = first.csrf_token()

    def guess(_number: int) -> int:
        visitor = Visitor(first.app)
        visitor.set_cookie(first.cookie())
        at_once.wait(PATIENCE)
        return visitor.http.post(GUESS, data={"csrf_token": token}).status_code

    with ThreadPoolExecutor(TRIES) as people:
        assert set(people.map(guess, range(TRIES))) <= {410, 429}


@pytest.mark.threat("guessing without end")
def test_while_it_is_away_they_are_counted_all_the_same(
    uncounted: Callable[[str], Caller],
) -> None:
    # Counted in memory, tries weigh less at each full five minutes of the clock.
    with time_machine.travel(datetime(2030, 1, 1, 12, 1, tzinfo=UTC)):
        bad, clean, known = (uncounted(f"192.0.2.{number}") for number in range(3))
        assert known.signs_in(ANN) == 303
        assert known.send("/auth/logout") == 303
        assert bad.fails(*[ANN] * 11) == [422] * 10 + [429]
        assert bad.call("POST", "/auth/login", email=ANN, password="wrong") == 429
        assert clean.signs_in(ANN) == 303
        known.address = bad.address
        assert known.signs_in(ANN) == 303
        assert bad.fails(*[BOB] * 10) == [422] * 10
        assert bad.fails("other@example.com") == [429]


def test_a_server_that_goes_away_between_the_look_and_the_count_breaks_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    count = Count(Attempt.UNREQUESTED, CountedBy.RECIPIENT, "1 per hour")

    def away(*_args: object, **_more: object) -> bool:
        raise ConnectionError("away")

    with app.app_context():
        assert (count.add("k"), count.add("k"), count.excess("k")) == (True, False, 0)
        assert count.excess("k") == 1
        monkeypatch.setattr(limiter.storage, "acquire_sliding_window_entry", away)
        assert (count.add("k"), count.excess("k")) == (True, 0)
        assert "was not counted" in caplog.text


def test_where_nothing_is_counted_nobody_is_refused(another_app: MakeApp) -> None:
    app = another_app(RATELIMIT_ENABLED="0")
    count = Count(Attempt.UNREQUESTED, CountedBy.RECIPIENT, "1 per hour")
    with app.app_context():
        assert [count.add("k"), count.add("k")] == [True, True]
        assert not count.is_full("k")
        assert count.excess("k") == 0


@pytest.mark.threat("telling who exists")
@pytest.mark.parametrize("name", LIMIT_CASES)
def test_keys_name_nobody(world: World, name: str) -> None:
    case = LIMIT_CASES[name]
    person = getattr(world.cast, case.stranger) if case.stranger else world.cast.ann
    one = world.at("192.0.2.1", person if case.stranger else None)
    if case.needs_app:
        set_up(world.app, person)
    case.vain(world, one, person.email)
    keys = [key.decode() for key in world.queue.scan_iter("LIMITS:*")]
    assert keys
    assert [key for key in keys if not KEY.fullmatch(key)] == []


def test_keys_depend_on_the_secret(app: Flask, another_app: MakeApp) -> None:
    with app.app_context():
        here = hashed_key("account:ann@example.com")
    with another_app(SECRET_KEY="another").app_context():
        assert hashed_key("account:ann@example.com") != here
    assert len(here) == 32


@pytest.mark.threat("false client addresses")
def test_behind_a_proxy_that_is_configured_its_word_counts_and_nobody_elses(
    another_app: MakeApp, app: Flask
) -> None:
    visitor = Visitor(another_app(TRUSTED_PROXIES="1"))
    token = visitor.csrf_token()

    def sent(told: str) -> int:
        headers = {"X-Forwarded-For": told}
        return visitor.http.post(GUESS, data={"csrf_token": token}, headers=headers).status_code

    told = [sent(f"10.0.0.{number}, 198.51.100.7") for number in range(21)]
    assert told == [410] * 20 + [429]
    assert sent("198.51.100.7, 198.51.100.8") == 410


@pytest.mark.threat("floods")
def test_a_customer_s_program_cannot_flood_the_desk_either(world: World) -> None:
    carl, sam = (world.at("192.0.2.1", person) for person in (world.cast.carl, world.cast.sam))
    assert {carl.call("POST", "/tickets", priority="x") for _ in range(300)} == {422}
    assert carl.call("POST", "/tickets", priority="x") == 429
    assert carl.call("POST", "/tickets/REQ000001/comments", message="x") == 429
    assert carl.call("GET", "/tickets") == 200
    assert sam.call("POST", "/tickets", priority="x") == 422


@pytest.mark.threat("floods")
def test_a_customer_cannot_flood_the_desk_and_staff_are_not_held_up(world: World) -> None:
    carl, sam = (world.at("192.0.2.1", person) for person in (world.cast.carl, world.cast.sam))
    assert {carl.send("/tickets/new") for _ in range(300)} == {422}
    page = carl.visitor.post("/tickets/new", status=429)
    assert int(page.headers["Retry-After"]) > 0
    assert {sam.send("/tickets/new") for _ in range(301)} == {422}
