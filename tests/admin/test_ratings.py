from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.tickets import Rating, Ticket
from portal.queries.tickets import ratings as queries
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Page, Visitor

pytestmark = BOTH

URL = "/admin/ratings"


def rate(app: Flask, cast: Cast, subject: str, rating: Rating, comment: str = "") -> int:
    filed = factories.file_ticket(app, cast.bob, subject)
    factories.rate_ticket(app, cast.bob, filed, rating, comment)
    return filed.id


def subjects(page: Page) -> list[str]:
    return [row.one("strong").text for row in page.all("li", id=True)]


def test_admins_read_what_was_said_the_newest_first(client: Visitor, app: Flask, cast: Cast):
    rate(app, cast, "Radiator", Rating.BAD, "Nobody <i>came</i>.")
    rate(app, cast, "Window", Rating.GOOD, "Quick.")
    rate(app, cast, "Door", Rating.BAD)
    page = client.sign_in(cast.ada).get(URL)
    assert subjects(page) == ["Door", "Radiator"]
    assert "Nobody <i>came</i>." in page.words and "Bob Baker · Acme" in page.words
    assert page.one("a", aria_current="page", href=f"{URL}?rating=bad").text == "Bad 2"
    good = client.get(f"{URL}?rating=good")
    assert subjects(good) == ["Window"]
    (row,) = good.all("li", id=True)
    where = {link.text: link["href"] for link in row.all("a")}
    assert set(where) == {"Window", "Bob Baker", "Acme"}
    for name, path in where.items():
        assert client.get(path).one("h1").text == name


def test_what_nobody_said_is_said_so(client: Visitor, cast: Cast):
    assert "Nobody has rated a ticket so." in client.sign_in(cast.ada).get(URL).words


def test_the_last_word_counts_and_the_trash_does_not(client: Visitor, app: Flask, cast: Cast):
    changed, gone = rate(app, cast, "Radiator", Rating.BAD), rate(app, cast, "Door", Rating.BAD)
    factories.rate_ticket(app, cast.bob, factories.Filed(changed, "", 0), Rating.GOOD)
    with factories.writing(app):
        tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, gone))
    client.sign_in(cast.ada)
    assert subjects(client.get(URL)) == []
    assert subjects(client.get(f"{URL}?rating=good")) == ["Radiator"]


def test_a_long_list_comes_in_pages(
    client: Visitor, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    for number in range(5):
        rate(app, cast, f"Matter {number}", Rating.BAD)
    client.sign_in(cast.ada)
    monkeypatch.setattr(queries, "page", partial(queries.page, size=2))
    seen, url = [], URL
    while url:
        page = client.get(url)
        seen.append(subjects(page))
        url = next((a["href"] for a in page.all("a", rel="next")), "")
    assert seen == [["Matter 4", "Matter 3"], ["Matter 2", "Matter 1"], ["Matter 0"]]


@pytest.mark.parametrize(
    "query",
    ["rating=great", "rating=BAD", "cursor=x", "cursor=1", "cursor=-1.1", f"cursor={'9' * 19}.1"],
)
def test_what_we_did_not_write_is_refused(client: Visitor, cast: Cast, query: str):
    client.sign_in(cast.ada).get(f"{URL}?{query}", status=422)


def test_others_have_no_such_page(visit: Callable[[], Visitor], cast: Cast):
    assert "/auth/login" in visit().get(URL, status=303).location
    visit().sign_in(cast.ann).get(URL, status=404)
    visit().sign_in(cast.sam).get(URL, status=403)
    visit().sign_in(cast.ada).post(URL, status=405)
