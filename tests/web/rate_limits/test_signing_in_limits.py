"""Guessing passwords and codes has an end, for those who guess."""

import logging

import pytest

from portal.extensions import db
from portal.models.people import User
from portal.security.people import sessions
from portal.web.rate_limits import limits
from tests import factories
from tests.cast import PASSWORD
from tests.limit_callers import CODE, FORGOT, GUESS, LOGIN, REGISTER, Caller, World
from tests.totp import CODES, set_up

pytestmark = pytest.mark.threat("guessing without end")
ANN, BOB = "ann@example.com", "bob@example.com"
MADE_UP = [f"nobody{number}@example.com" for number in range(30)]


def attacked(world: World) -> Caller:
    """A stranger, after many have tried Ann's account in vain."""
    strangers = [world.at(f"192.0.2.{number}") for number in range(4)]
    for one in strangers:
        assert one.fails(ANN, ANN, ANN)[:2] == [422, 422]
    assert strangers[-1].signs_in(ANN) == 429
    return strangers[-1]


def test_from_one_address_it_ends_whatever_is_tried(world: World) -> None:
    one = world.at("192.0.2.1")
    assert one.fails(*MADE_UP[:21]) == [422] * 20 + [429]
    assert one.signs_in(BOB) == 429


def test_from_addresses_that_fail_it_ends_for_the_account(world: World) -> None:
    stranger = attacked(world)
    assert stranger.signs_in(BOB) == 303


def test_the_right_password_from_a_clean_address_opens_an_account_that_is_attacked(
    world: World,
) -> None:
    attacked(world)
    ann = world.at("198.51.100.1")
    assert ann.fails(ANN, ANN) == [422, 422]
    assert ann.signs_in(ANN) == 303
    program = world.at("198.51.100.2")
    assert program.call("POST", LOGIN, email=ANN, password=PASSWORD) == 200
    again = world.at("198.51.100.3")
    assert again.fails(ANN, ANN, ANN, ANN) == [422] * 3 + [429]


def test_a_known_browser_counts_for_itself_wherever_it_is(world: World) -> None:
    known = world.known(world.cast.ann)
    stranger = attacked(world)
    stranger.fails(*MADE_UP)
    known.address = stranger.address
    assert known.signs_in(ANN) == 303
    assert known.send("/auth/logout") == 303
    assert known.fails(*[ANN] * 11) == [422] * 10 + [429]
    assert known.signs_in(ANN) == 429
    assert world.at("198.51.100.1").signs_in(ANN) == 303


def test_a_browser_is_known_to_nobody_but_who_signed_in_there(world: World) -> None:
    known = world.known(world.cast.carl)
    known.address = attacked(world).address
    assert known.signs_in(ANN) == 429


def test_when_all_the_world_guesses_those_wait_who_fail_at_an_account_that_is_tried(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    bad, clean = world.at("192.0.2.1"), world.at("198.51.100.1")
    assert bad.fails(ANN, ANN, ANN) == [422] * 3
    world.fill(limits.SIGN_IN_EVERYBODY)
    assert bad.signs_in(ANN) == 429
    with caplog.at_level(logging.WARNING, "portal.web.rate_limits.limits"):
        assert clean.fails(ANN, BOB) == [422, 422]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "many wrong passwords" in caplog.text and "192.0" not in caplog.text
    assert bad.signs_in(BOB) == 303
    assert clean.signs_in(ANN) == 303


def test_a_site_of_ipv6_cannot_begin_anew_from_each_of_its_networks(world: World) -> None:
    attacked(world)
    for number in range(30):
        one = world.at(f"2001:db8:0:{number:x}::1")
        assert one.fails(ANN) == [422]
    assert world.at("2001:db8:0:ffff::1").signs_in(ANN) == 429
    assert world.at("2001:db8:1::1").signs_in(ANN) == 303


def test_a_network_of_ipv6_is_one_address(world: World) -> None:
    asked = [world.at(f"2001:db8::{number}:1").send(GUESS) for number in range(1, 22)]
    assert asked == [410] * 20 + [429]
    others = ("2001:db8:0:1::1", "192.0.2.1", "::ffff:192.0.2.1")
    assert [world.at(address).send(GUESS) for address in others] == [410] * 3


def test_what_does_not_reach_the_check_counts_nowhere(world: World) -> None:
    one = world.at("192.0.2.1")
    for _ in range(2):
        one.send(LOGIN, email=ANN)
        one.send(LOGIN, email=ANN, password="")
        one.send(LOGIN, email="", password="wrong")
        one.visitor.http.post(LOGIN, data={"email": ANN, "password": "wrong"})
        one.call("POST", LOGIN, email=ANN)
        one.call("POST", LOGIN, email=ANN, password="")
        one.call("POST", LOGIN, email=ANN, password=7)
        one.call("POST", LOGIN, email=ANN, password="wrong", more="fields")
        one.api_client.ask("POST", LOGIN, data=b"{", content_type="application/json")
        one.api_client.ask("POST", LOGIN, data=b"email=ann", content_type="text/plain")
        one.send(FORGOT, email="nobody")
        one.call("POST", "/auth/password-reset-request", email="nobody")
        one.send(REGISTER, email="nobody")
        one.call("POST", REGISTER, email="zoe@example.com", inn="1")
        one.call("POST", "/auth/refresh")
    assert world.scopes() == set()


SPELLINGS = [
    "ANN@Example.com",
    "  ann@example.com ",
    "a\x01nn@example.com",
    "ann@\uff45xample.com",
    "ann@example.com\u202e",
]


def test_an_account_is_one_however_its_address_is_written(world: World) -> None:
    for number, email in enumerate(SPELLINGS * 2):
        assert world.at(f"192.0.2.{number}").fails(email) == [422]
    bad = world.at("203.0.113.1")
    assert bad.fails(*MADE_UP[:3]) == [422] * 3
    assert bad.signs_in(ANN) == 429


def test_who_may_not_go_on_at_the_page_may_not_go_on_by_the_api(world: World) -> None:
    stranger = attacked(world)
    assert stranger.call("POST", LOGIN, email=ANN.upper(), password=PASSWORD) == 429
    assert stranger.call("POST", LOGIN, email=BOB, password=PASSWORD) == 200


def wrong_codes(one: Caller, times: int) -> list[int]:
    assert one.signs_in(ANN) == 303
    return [one.send(CODE, code="000000") for _ in range(times)]


def test_codes_of_one_account_are_tried_together_by_page_and_api(world: World) -> None:
    set_up(world.app, world.cast.ann)
    assert wrong_codes(world.at("192.0.2.1"), 3) == [422] * 3
    program = world.at("192.0.2.2")
    tried = {"email": ANN, "password": PASSWORD}
    told = [program.call("POST", LOGIN, **tried, code="000000") for _ in range(3)]
    assert told == [401, 401, 429]
    refused = program.api_client.post(LOGIN, {**tried, "code": "000000"}, 429).headers
    assert (refused["RateLimit-Limit"], refused["RateLimit-Remaining"]) == ("5", "0")
    assert 0 < int(refused["Retry-After"]) <= 600
    assert program.call("POST", LOGIN, **tried, code=CODES[0]) == 429
    assert program.call("POST", LOGIN, **{**tried, "password": "wrong"}, code="000000") == 401
    assert wrong_codes(world.at("198.51.100.1"), 1) == [429]


def test_who_has_the_password_does_not_keep_the_owner_out(world: World) -> None:
    known = world.known(world.cast.ann)
    set_up(world.app, world.cast.ann)
    assert wrong_codes(world.at("192.0.2.1"), 6) == [422] * 5 + [429]
    elsewhere = world.at("198.51.100.1")
    assert elsewhere.signs_in(ANN) == 303
    # A passkey cannot be guessed: it is looked at, and this is none.
    assert elsewhere.send(CODE, credential="{}") == 422
    assert elsewhere.send(CODE, code=CODES[0]) == 429
    assert known.signs_in(ANN) == 303
    assert known.send(CODE, code=CODES[0]) == 303


def test_a_known_browser_may_not_guess_codes_either(world: World) -> None:
    known = world.known(world.cast.ann)
    set_up(world.app, world.cast.ann)
    assert wrong_codes(known, 6) == [422] * 5 + [429]


def test_after_a_new_password_codes_count_anew(world: World) -> None:
    set_up(world.app, world.cast.ann)
    assert wrong_codes(world.at("192.0.2.1"), 6) == [422] * 5 + [429]
    with factories.writing(world.app):
        sessions.end_all(db.session.get_one(User, world.cast.ann.id))
    one = world.at("198.51.100.1")
    assert one.signs_in(ANN) == 303
    assert one.send(CODE, code=CODES[0]) == 303
