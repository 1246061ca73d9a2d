"""`/admin/logs/api`: requests by person, key, route and outcome; figures; for admins alone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal import clock
from portal.extensions import begin_log_write, db
from portal.queries.operations.api_log import PAGE
from portal.services.operations import api_log
from portal.services.operations.api_log import Entry
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Page, Visitor

pytestmark = BOTH

PATH = "/admin/logs/api"
TICKETS, COMMENTS = "/api/v1/tickets", "/api/v1/tickets/{number}/comments"


def log(app: Flask, *entries: Entry) -> None:
    with app.app_context():
        begin_log_write()
        api_log.write(list(entries))
        db.session.commit()


def entry(**facts: object) -> Entry:
    usual = {
        "at": clock.now(),
        "user_id": None,
        "key_prefix": "",
        "method": "GET",
        "route": TICKETS,
        "status": 200,
        "milliseconds": 10,
        "address": "192.0.2.7",
        "request_id": "f" * 16,
    }
    return Entry(**{**usual, **facts})  # type: ignore[arg-type]


@pytest.fixture
def requests(app: Flask, cast: Cast) -> None:
    log(
        app,
        entry(user_id=cast.ann.id, key_prefix="lk_aaaaaaaa"),
        entry(user_id=cast.bob.id, key_prefix="lk_bbbbbbbb", method="POST", route=COMMENTS),
        entry(user_id=cast.bob.id, status=404, method="GET", route="-", milliseconds=900),
    )


def lines(page: Page) -> list[str]:
    return [cell.text for cell in page.all("td", class_="what")]


ANN, POSTED, REFUSED = f"GET {TICKETS}", f"POST {COMMENTS}", "GET -"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [REFUSED, POSTED, ANN]),
        ("person=bob@example.com", [REFUSED, POSTED]),
        ("key=lk_aaaaaaaa", [ANN]),
        (f"route={TICKETS}", [ANN]),
        ("outcome=errors", [REFUSED]),
        ("person=bob@example.com&outcome=errors", [REFUSED]),
        ("person=nobody", []),
        ("key=%25", []),
    ],
)
@pytest.mark.usefixtures("requests")
def test_requests_are_found(client: Visitor, cast: Cast, query: str, found: list[str]) -> None:
    page = client.sign_in(cast.ada).get(f"{PATH}?{query}")
    assert lines(page) == found
    assert "192.0.2.7" in page.words or not found


def test_figures_are_of_the_period(client: Visitor, app: Flask, cast: Cast) -> None:
    old = clock.now() - timedelta(days=3)
    log(app, *[entry(milliseconds=n, status=500 if n == 99 else 200) for n in range(100)])
    log(app, *[entry(at=old, key_prefix="lk_aaaaaaaa", milliseconds=3000) for _ in range(50)])
    client.sign_in(cast.ada)
    day, week = client.get(f"{PATH}?days=1"), client.get(f"{PATH}?days=7")
    assert [p.text for p in day.all("p", **{"class": "sheet"})] == [
        "100Requests",
        "1Errors",
        "100 msanswered within, 95 of 100",
    ]
    assert week.all("p", **{"class": "sheet"})[2].text == "5000 msanswered within, 95 of 100"
    assert "lk_aaaaaaaa…" in week.words


def test_pages_keep_the_filter(client: Visitor, app: Flask, cast: Cast) -> None:
    log(app, *[entry(key_prefix="lk_aaaaaaaa") for _ in range(PAGE + 1)], entry())
    first = client.sign_in(cast.ada).get(f"{PATH}?key=lk_aaaaaaaa")
    second = client.get(first.one("a", rel="next")["href"])
    assert [len(lines(page)) for page in (first, second)] == [PAGE, 1]


@pytest.mark.parametrize("query", ["days=2", "outcome=king", "cursor=x"])
def test_malformed_filters_are_refused(client: Visitor, cast: Cast, query: str) -> None:
    client.sign_in(cast.ada).get(f"{PATH}?{query}", status=422)


def test_it_is_for_admins(visit: Callable[[], Visitor], cast: Cast) -> None:
    visit().sign_in(cast.sam).get(PATH, status=403)
    visit().sign_in(cast.ann).get(PATH, status=404)
    assert "/auth/login" in visit().get(PATH, status=303).location


def test_old_requests_are_let_go(app: Flask, client: Visitor, cast: Cast) -> None:
    log(app, entry(at=clock.now() - timedelta(days=400)), entry())
    with app.app_context():
        begin_log_write()
        assert api_log.delete_before(clock.now() - timedelta(days=365)) == 1
        db.session.commit()
    assert len(lines(client.sign_in(cast.ada).get(PATH))) == 1
