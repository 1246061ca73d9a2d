"""`/admin/logs/actions`: every account's events, by person and by kind, for admins alone."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models import AccountEventKind, Actor, User
from portal.models.user import format_id
from portal.queries.account_log import PAGE
from portal.services import account_log
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor

PATH = "/admin/logs/actions"


def record(app: Flask, person: Actor, kind: AccountEventKind, times: int = 1) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, person.id)
        for _ in range(times):
            account_log.record(user=user, kind=kind, actor=person)


@pytest.fixture
def events(app: Flask, cast: Cast) -> None:
    record(app, cast.ann, AccountEventKind.PASSKEY_ADDED)
    record(app, cast.bob, AccountEventKind.PASSKEY_ADDED)
    record(app, cast.bob, AccountEventKind.TOTP_ADDED)


def lines(page: Page) -> list[tuple[str, str]]:
    """(whom it concerns, what happened)"""
    found = page.all("li", id=True)
    return [(line.all("a")[0].text, line.one("strong").text) for line in found]


ANN, BOB = ("Ann Archer", "Passkey added"), ("Bob Baker", "Passkey added")
BOBS_APP = ("Bob Baker", "Authenticator app added")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=passkey_added", [BOB, ANN]),
        ("kind=totp_added", [BOBS_APP]),
        ("person=bob@example.com", [BOBS_APP, BOB]),
        ("person=BOB@Example.com&kind=passkey_added", [BOB]),
        ("person=nobody@example.com", []),
        ("person=999999", []),
        ("person=%25", []),
        ("person=" + "9" * 40, []),
        ("person=ann@example.com&kind=totp_added", []),
    ],
)
@pytest.mark.usefixtures("events")
def test_events_are_found_by_person_and_kind(
    client: Visitor, cast: Cast, query: str, found: list[tuple[str, str]]
) -> None:
    assert lines(client.sign_in(cast.ada).get(f"{PATH}?{query}")) == found


@pytest.mark.usefixtures("events")
def test_a_name_leads_to_the_events_of_that_person(client: Visitor, cast: Cast) -> None:
    page = client.sign_in(cast.ada).get(f"{PATH}?kind=totp_added")
    link = page.one("li", id=True).one("a")["href"]
    assert format_id(cast.bob.id) in link
    assert lines(client.get(link)) == [BOBS_APP, BOB]


def test_pages_keep_the_filter(client: Visitor, app: Flask, cast: Cast) -> None:
    record(app, cast.ann, AccountEventKind.PASSKEY_ADDED, PAGE + 1)
    record(app, cast.ann, AccountEventKind.TOTP_ADDED)
    first = client.sign_in(cast.ada).get(f"{PATH}?person=ann@example.com&kind=passkey_added")
    second = client.get(first.one("a", rel="next")["href"])
    assert [len(lines(page)) for page in (first, second)] == [PAGE, 1]
    assert set(lines(first) + lines(second)) == {ANN}


@pytest.mark.parametrize("query", ["kind=king", "cursor=x", "cursor=" + "9" * 30])
def test_malformed_filters_are_refused(client: Visitor, cast: Cast, query: str) -> None:
    client.sign_in(cast.ada).get(f"{PATH}?{query}", status=422)


def test_the_log_is_for_admins_and_for_reading(visit: Callable[[], Visitor], cast: Cast) -> None:
    visit().sign_in(cast.sam).get(PATH, status=403)
    visit().sign_in(cast.ann).get(PATH, status=404)
    assert "/auth/login" in visit().get(PATH, status=303).location
    ada = visit().sign_in(cast.ada)
    ada.post(PATH, status=405)
    assert ada.get("/admin/").one("a", href=PATH).text == "Activity"
