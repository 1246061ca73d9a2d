"""Strangers register at real processes, all at once: one account, for whoever reads the mailbox."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import PendingRegistration, User, UserSession
from tests.cast import PASSWORD, Cast
from tests.flows.desk import Desk
from tests.flows.http_browser import CastBrowser, Reply
from tests.mail.outgoing import part
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

BROWSERS = 4
DORA = "dora@example.com"
REGISTER = "/auth/register"


def counts(app: Flask) -> list[int]:
    with app.app_context():
        models = (User, Organization, UserSession, PendingRegistration)
        return [db.session.scalar(select(func.count()).select_from(m)) or 0 for m in models]


def at_once(people: list[CastBrowser], do: Callable[[int, CastBrowser], Reply]) -> list[Reply]:
    """What each is answered who does it at the same moment as the others."""
    together = Barrier(len(people))

    def one(number: int) -> Reply:
        together.wait(PATIENCE)
        return do(number, people[number])

    with ThreadPoolExecutor(len(people)) as pool:
        return list(pool.map(one, range(len(people))))


def link_of(desk: Desk, visitor: CastBrowser, mails: int) -> str:
    """Of the links that Dora is sent with so many mails in all, the one that works."""
    desk.mail.sink.wait_for(mails)
    texts = " ".join(part(mail) for mail in desk.mail.sink.taken if mail["To"] == DORA)
    links = set(re.findall(r"http://localhost(/auth/verify/\S+)", texts))
    (working,) = [link for link in links if visitor.get(link).status == 200]
    return str(working)


@pytest.mark.threat("rights kept or taken")
def test_one_account_and_only_for_who_reads_the_mailbox(
    app: Flask, cast: Cast, open_desk: Desk
) -> None:
    before = counts(app)
    browsers = [CastBrowser(cast.carl, open_desk.port) for _ in range(BROWSERS)]
    for browser in browsers:
        browser.read_token(REGISTER)

    # Somebody wants an account with the address of a stranger, another with one that has one.
    asked = at_once(
        browsers[:2], lambda n, one: one.post(REGISTER, {"email": (DORA, cast.ann.email)[n]})
    )
    assert {(reply.status, reply.location) for reply in asked} == {(303, "/auth/register/sent")}
    link = link_of(open_desk, browsers[0], mails=2)
    assert [m["Subject"] for m in open_desk.mail.sink.taken if m["To"] == cast.ann.email] == [
        "You already have an account"
    ]
    assert counts(app) == [*before[:3], 1]
    assert {browser.get("/tickets/").status for browser in browsers} == {303}

    # Whoever has the link opens the account, in as many browsers as they like at once: one counts.
    for browser in browsers:
        browser.read_token(link)
    finished = at_once(
        browsers, lambda n, one: one.post(link, {"password": f"{PASSWORD} number {n}"})
    )
    assert sorted(reply.status for reply in finished) == [303, *[410] * (BROWSERS - 1)]
    assert counts(app) == [before[0] + 1, before[1] + 1, before[2] + 1, 0]
    inside = [browser.get("/tickets/").status for browser in browsers]
    assert [status == 200 for status in inside] == [reply.status == 303 for reply in finished]

    (winner,) = [number for number, status in enumerate(inside) if status == 200]
    for number in range(BROWSERS):
        visitor = CastBrowser(cast.carl, open_desk.port)
        visitor.read_token("/auth/login")
        fields = {"email": DORA, "password": f"{PASSWORD} number {number}"}
        assert visitor.post("/auth/login", fields).status == (303 if number == winner else 422)


def test_many_who_ask_for_one_address_at_once_leave_one_row(
    app: Flask, cast: Cast, open_desk: Desk
) -> None:
    browsers = [CastBrowser(cast.carl, open_desk.port) for _ in range(BROWSERS)]
    for browser in browsers:
        browser.read_token(REGISTER)
    asked = at_once(
        browsers, lambda n, one: one.post(REGISTER, {"email": DORA, "first_name": f"Dora {n}"})
    )
    assert {(reply.status, reply.location) for reply in asked} == {(303, "/auth/register/sent")}
    assert counts(app)[-1] == 1
    link = link_of(open_desk, browsers[0], mails=BROWSERS)
    browsers[0].read_token(link)
    assert browsers[0].post(link, {"password": PASSWORD}).status == 303
