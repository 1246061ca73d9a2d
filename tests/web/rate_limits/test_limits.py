"""Every limit: strangers fill what they can, and those whom that is not about get through."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_limiter.util import get_qualified_name

from portal.extensions import limiter
from portal.web.rate_limits import limits
from tests import totp
from tests.architecture.source import modules
from tests.limit_callers import Caller, World
from tests.limit_cases import LIMIT_CASES, LimitCase

# Two that are far apart, and two networks of one site.
STRANGERS = ["192.0.2.1", "203.0.113.9", "2001:db8:0:1::1", "2001:db8:0:2::1"]
GUESSED_FROM_ANYWHERE = {limits.CODE_ACCOUNT}  # see `limits.code_limits`
# Browsers are in `test_signing_in_limits`; what the log says refuses nobody.
ELSEWHERE = {limits.SIGN_IN_BROWSER, limits.CODE_BROWSER, limits.WARNING}


def strangers(world: World, case: LimitCase) -> list[Caller]:
    person = getattr(world.cast, case.stranger) if case.stranger else None
    return [world.at(address, person) for address in STRANGERS]


def others(world: World, case: LimitCase) -> Iterator[tuple[Caller, str]]:
    """Those whom it is not about: from clean addresses, and in known browsers anywhere."""
    for number, name in enumerate(case.people):
        person = getattr(world.cast, name)
        if case.stranger:
            yield world.at(f"198.51.100.{number}", person), name
            continue
        if case.knows_browsers:
            yield world.known(person, STRANGERS[number]), name
        if not (case.needs_app and name == "ann"):  # see `limits.code_limits`
            yield world.at(f"198.51.100.{number}"), name


@pytest.mark.threat("guessing without end")
@pytest.mark.parametrize("name", LIMIT_CASES)
def test_what_strangers_fill_keeps_nobody_out_but_them(world: World, name: str) -> None:
    case = LIMIT_CASES[name]
    bad, good = strangers(world, case), list(others(world, case))
    if case.needs_app:
        totp.set_up(world.app, world.cast.ann)
        totp.set_up(world.app, world.cast.bob)
    world.queue.flushdb()
    for one in bad:
        assert case.vain(world, one, "ann@example.com") != 429
    assert {count.scope for count in case.fills} <= world.scopes()
    world.fill()
    assert [case.vain(world, one, "ann@example.com") for one in bad] == [429] * len(bad)
    told = [case.right(world, one, getattr(world.cast, who)) for one, who in good]
    assert told == [case.done] * len(good)


@pytest.mark.threat("guessing without end")
@pytest.mark.parametrize("name", LIMIT_CASES)
def test_a_count_that_strangers_share_refuses_nobody_by_itself(world: World, name: str) -> None:
    case = LIMIT_CASES[name]
    shared = [count for count in case.fills if count.shared and count not in GUESSED_FROM_ANYWHERE]
    bad = strangers(world, case)
    if case.needs_app:
        totp.set_up(world.app, world.cast.ann)
    world.queue.flushdb()
    assert case.vain(world, bad[0], "ann@example.com") != 429
    if shared:
        world.fill(*shared)
    assert 429 not in [case.vain(world, one, "ann@example.com") for one in bad]


def test_every_limit_is_walked() -> None:
    assert {count for case in LIMIT_CASES.values() for count in case.fills} | ELSEWHERE == set(
        limits.ALL
    )
    assert len(limits.ALL) == len({(count.scope) for count in limits.ALL})


def test_every_limit_stands_in_the_list(app: Flask) -> None:
    direct = {"limiter.limit", "limiter.shared_limit"}
    users = {module.name for module in modules("portal") if module.called & direct}
    assert users == {"portal.web.rate_limits.limits"}
    scopes = {
        str(limit.scope)
        for view in app.view_functions.values()
        for limit in limiter.limit_manager.decorated_limits(get_qualified_name(view))
    }
    assert scopes and scopes <= {count.scope for count in limits.ALL}
