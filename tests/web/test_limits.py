"""How often people may try: all together, one alone, and while the server that counts is away."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask

from tests.cast import Cast
from tests.conftest import MakeApp
from tests.page import Visitor

TRIES = 6


@pytest.fixture
def uncounted(another_app: MakeApp, tmp_path: Path) -> Visitor:
    """A visitor of an application whose queue server is not there."""
    return Visitor(another_app(REDIS_URL=f"unix://{tmp_path}/none.sock?db=0"))


def test_people_who_come_at_once_when_it_goes_away_get_their_page(uncounted: Visitor) -> None:
    at_once = Barrier(TRIES)
    token = uncounted.csrf_token()

    def register(_number: int) -> int:
        visitor = Visitor(uncounted.app)
        visitor.set_cookie(uncounted.cookie())
        at_once.wait(10)
        return visitor.http.post("/auth/register", data={"csrf_token": token}).status_code

    with ThreadPoolExecutor(TRIES) as people:
        assert set(people.map(register, range(TRIES))) <= {422, 429}


def test_they_are_counted_all_the_same(uncounted: Visitor) -> None:
    fields = {"email": "nobody"}
    token = {"csrf_token": uncounted.csrf_token()}
    statuses = [
        uncounted.http.post("/auth/register", data={**fields, **token}).status_code
        for _ in range(TRIES)
    ]
    assert statuses == [422] * 5 + [429]


def ask(visitor: Visitor, path: str, token: str, number: int, **headers: str) -> int:
    """Send a form that is no good from an address of its own."""
    return visitor.http.post(
        path,
        data={"csrf_token": token, "email": f"nobody{number}"},
        environ_base={"REMOTE_ADDR": f"192.0.{2 + number // 250}.{number % 250}"},
        headers=headers,
    ).status_code


@pytest.mark.threat("guessing without end")
def test_many_addresses_and_accounts_have_one_count_together(client: Visitor) -> None:
    token = client.csrf_token()
    statuses = [ask(client, "/auth/forgot", token, number) for number in range(301)]
    assert statuses == [422] * 300 + [429]


@pytest.mark.threat("guessing without end")
def test_behind_a_proxy_that_is_configured_its_word_counts_and_nobody_elses(
    app: Flask, another_app: MakeApp
) -> None:
    visitor = Visitor(another_app(TRUSTED_PROXIES="1"))
    token = visitor.csrf_token()

    def sent(told: str, number: int) -> int:
        return ask(visitor, "/auth/forgot", token, number, **{"X-Forwarded-For": told})

    assert [sent(f"10.0.0.{n}, 198.51.100.7", n) for n in range(6)] == [422] * 5 + [429]
    assert sent("198.51.100.7, 198.51.100.8", 7) == 422


@pytest.mark.threat("floods")
def test_a_customer_cannot_flood_the_desk_and_staff_are_not_held_up(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    client.sign_in(cast.carl)
    token = {"csrf_token": client.csrf_token()}
    for _ in range(300):
        assert client.http.post("/tickets/new", data=token).status_code == 422
    page = client.post("/tickets/new", status=429)
    assert int(page.headers["Retry-After"]) > 0
    sam = Visitor(app).sign_in(cast.sam)
    token = {"csrf_token": sam.csrf_token()}
    assert {sam.http.post("/tickets/new", data=token).status_code for _ in range(301)} == {422}
