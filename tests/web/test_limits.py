"""Every limit: strangers fill what they can, and those whom that is not about get through."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_limiter.util import get_qualified_name

from portal.extensions import limiter
from portal.web import limits
from tests import apps
from tests.architecture.source import modules
from tests.deeds import DEEDS, Deed
from tests.limited import Somebody, World

# Two that are far apart, and two networks of one site.
STRANGERS = ["192.0.2.1", "203.0.113.9", "2001:db8:0:1::1", "2001:db8:0:2::1"]
GUESSED_FROM_ANYWHERE = {limits.CODE_ACCOUNT}  # see `limits.giving_code`
# Browsers are tried in `tests.web.test_signing_in_limits`; what the log says refuses nobody.
ELSEWHERE = {limits.SIGN_IN_BROWSER, limits.CODE_BROWSER, limits.WARNING}


def strangers(world: World, deed: Deed) -> list[Somebody]:
    person = getattr(world.cast, deed.stranger) if deed.stranger else None
    return [world.at(address, person) for address in STRANGERS]


def others(world: World, deed: Deed) -> Iterator[tuple[Somebody, str]]:
    """Those whom it is not about: from clean addresses, and in known browsers anywhere."""
    for number, name in enumerate(deed.people):
        person = getattr(world.cast, name)
        if deed.stranger:
            yield world.at(f"198.51.100.{number}", person), name
            continue
        if deed.knows_browsers:
            yield world.known(person, STRANGERS[number]), name
        if not (deed.needs_app and name == "ann"):  # see `limits.giving_code`
            yield world.at(f"198.51.100.{number}"), name


@pytest.mark.threat("guessing without end")
@pytest.mark.parametrize("name", DEEDS)
def test_what_strangers_fill_keeps_nobody_out_but_them(world: World, name: str) -> None:
    deed = DEEDS[name]
    bad, good = strangers(world, deed), list(others(world, deed))
    if deed.needs_app:
        apps.set_up(world.app, world.cast.ann)
        apps.set_up(world.app, world.cast.bob)
    world.queue.flushdb()
    for one in bad:
        assert deed.vain(world, one, "ann@example.com") != 429
    assert {count.scope for count in deed.fills} <= world.scopes()
    world.fill()
    assert [deed.vain(world, one, "ann@example.com") for one in bad] == [429] * len(bad)
    told = [deed.right(world, one, getattr(world.cast, who)) for one, who in good]
    assert told == [deed.done] * len(good)


@pytest.mark.threat("guessing without end")
@pytest.mark.parametrize("name", DEEDS)
def test_a_count_that_strangers_share_refuses_nobody_by_itself(world: World, name: str) -> None:
    deed = DEEDS[name]
    shared = [count for count in deed.fills if count.shared and count not in GUESSED_FROM_ANYWHERE]
    bad = strangers(world, deed)
    if deed.needs_app:
        apps.set_up(world.app, world.cast.ann)
    world.queue.flushdb()
    assert deed.vain(world, bad[0], "ann@example.com") != 429
    if shared:
        world.fill(*shared)
    assert 429 not in [deed.vain(world, one, "ann@example.com") for one in bad]


def test_every_limit_is_walked() -> None:
    assert {count for deed in DEEDS.values() for count in deed.fills} | ELSEWHERE == set(limits.ALL)
    assert len(limits.ALL) == len({(count.scope) for count in limits.ALL})


def test_every_limit_stands_in_the_list(app: Flask) -> None:
    direct = {"limiter.limit", "limiter.shared_limit"}
    users = {module.name for module in modules("portal") if module.called & direct}
    assert users == {"portal.web.limits"}
    scopes = {
        str(limit.scope)
        for view in app.view_functions.values()
        for limit in limiter.limit_manager.decorated_limits(get_qualified_name(view))
    }
    assert scopes and scopes <= {count.scope for count in limits.ALL}
