"""How often people may try: all together, one alone, and while the server that counts is away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
import time_machine
from flask import Flask

from tests.api.program import Program, key_of, token_of
from tests.cast import PASSWORD, Cast
from tests.conftest import MakeApp
from tests.page import Visitor
from tests.waiting import PATIENCE

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
        at_once.wait(PATIENCE)
        return visitor.http.post("/auth/register", data={"csrf_token": token}).status_code

    with ThreadPoolExecutor(TRIES) as people:
        assert set(people.map(register, range(TRIES))) <= {422, 429}


def test_they_are_counted_all_the_same(uncounted: Visitor) -> None:
    fields = {"email": "nobody"}
    # Counted in memory, tries weigh less at each full hour.
    with time_machine.travel(datetime(2030, 1, 1, 12, 20, tzinfo=UTC)):
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


SPELLINGS = [
    "ann@example.com",
    "ANN@Example.com",
    "  ann@example.com ",
    "a\x01nn@example.com",
    "ann@\uff45xample.com",
    "ann@example.com\u202e",
]


@pytest.mark.threat("guessing without end")
def test_an_account_is_one_however_its_address_is_written(client: Visitor) -> None:
    token = {"csrf_token": client.csrf_token()}
    statuses = [
        client.http.post(
            "/auth/forgot",
            data={**token, "email": email},
            environ_base={"REMOTE_ADDR": f"192.0.2.{number}"},
        ).status_code
        for number, email in enumerate(SPELLINGS)
    ]
    assert statuses[-1] == 429 and 429 not in statuses[:-1]


@pytest.mark.threat("guessing without end")
def test_a_network_of_ipv6_is_one_address(client: Visitor) -> None:
    token = {"csrf_token": client.csrf_token(), "email": "nobody"}

    def asked(peer: str) -> int:
        environ = {"REMOTE_ADDR": peer}
        return client.http.post("/auth/forgot", data=token, environ_base=environ).status_code

    assert [asked(f"2001:db8::{n}:1") for n in range(1, 7)] == [422] * 5 + [429]
    token["email"] = "somebody"
    assert asked("2001:db8:0:1::1") == 422
    assert [asked("192.0.2.1"), asked("::ffff:192.0.2.1")] == [422, 422]


@pytest.mark.threat("guessing without end")
def test_who_may_not_go_on_at_the_page_may_not_go_on_by_the_api(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    token = {"csrf_token": client.csrf_token(), "password": "wrong"}
    for number in range(10):
        data, peer = {**token, "email": cast.ann.email}, {"REMOTE_ADDR": f"192.0.2.{number}"}
        assert client.http.post("/auth/login", data=data, environ_base=peer).status_code == 422
    tried = {"email": cast.ann.email.upper(), "password": PASSWORD}
    Program(app).post("/auth/login", tried, 429)
    Program(app).post("/auth/login", {**tried, "email": cast.bob.email})


@pytest.mark.threat("floods")
def test_invitations_by_page_and_api_have_one_count(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    asked = {"email": "zoe@example.com", "role": "user"}
    client.sign_in(cast.ann)
    for _ in range(4):
        client.post("/account/organization/invitations", asked)
    program = Program(app, token_of(app, cast.ann))
    program.post("/organizations/me/members", asked, 201)
    program.post("/organizations/me/members", asked, 429)
    client.post("/account/organization/invitations", asked, status=429)


@pytest.mark.threat("floods")
def test_a_customer_s_program_cannot_flood_the_desk_either(app: Flask, cast: Cast) -> None:
    carl, sam = (Program(app, key_of(app, person)) for person in (cast.carl, cast.sam))
    statuses = [carl.ask("POST", "/tickets", json={}).status for _ in range(301)]
    assert statuses == [422] * 300 + [429]
    carl.post("/tickets/REQ000001/comments", {}, 429)
    carl.get("/tickets")
    sam.post("/tickets", {}, 422)


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
